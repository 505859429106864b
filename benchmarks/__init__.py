"""Measurements of speed against other ways to train the same network."""
