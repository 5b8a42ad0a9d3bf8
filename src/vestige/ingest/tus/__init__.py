"""Resumable uploads: the protocol tus 1.0.0."""
