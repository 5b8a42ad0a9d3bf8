"""What the system does by the clock, in a process beside the server: `python -m vestige.jobs`."""
