"""The judge of access: who may do what, to what, and why not. Values in, verdicts out."""
