"""The demonstration: footage made on the spot, and the main job run on it through the real command line."""
