"""The database: models, migrations, the log and its sequencer, queries."""
