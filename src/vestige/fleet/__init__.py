"""A fleet of cameras that are not there: plays dock systems against a running server, over the real protocol, with real bytes."""
