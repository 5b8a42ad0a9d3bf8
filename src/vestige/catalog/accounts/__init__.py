"""The user model: a person of the agency."""
