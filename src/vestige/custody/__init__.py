"""The judge of custody: canonical bytes, commitments, the tree, checkpoints and proofs. Values in, verdicts out; touches nothing."""
