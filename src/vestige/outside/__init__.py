"""Calls to other machines: only to the witnesses and the time authority that the agency configured."""
