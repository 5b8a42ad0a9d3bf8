"""Pictures and sound: the only room that decodes, and only in a child without network, database or environment."""
