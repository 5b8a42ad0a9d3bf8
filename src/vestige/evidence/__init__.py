"""The nouns: frozen values, known by every room, knowing none."""
