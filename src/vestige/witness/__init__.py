"""A small witness (C2SP tlog-witness) that anybody can run without a home: it keeps one checkpoint a log and cosigns what continues it."""
