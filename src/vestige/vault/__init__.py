"""Sealed bytes on disk: write-once objects, working copies, key files, the keyring. All cryptography sits behind `provider`."""
