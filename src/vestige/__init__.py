"""Vestige: an open, self-hosted evidence system for body-worn cameras."""

__version__ = "0.1.0"
