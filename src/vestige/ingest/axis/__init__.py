"""The Axis body-worn content destination, server side: a subset of the OpenStack Swift v1 object API."""
