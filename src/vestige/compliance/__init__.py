"""What the agency owes, and whether it was done: judged from values, at a time that is given."""
