"""Measurements: of training against other ways to train the same network, and of the store of signals."""
