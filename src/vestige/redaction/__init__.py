"""Judges of redaction: what is hidden, where, when and why; who may approve, render and release.

Values in, verdict out; no I/O, no clock.
"""
