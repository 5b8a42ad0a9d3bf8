"""The judge of what leaves: profiles, release conditions, and the papers of a package. Values in; bytes, words or a refusal out."""
