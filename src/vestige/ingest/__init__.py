"""Bytes in: translates what senders do into actions."""
