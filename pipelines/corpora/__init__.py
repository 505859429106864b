"""Preparing a corpus for training, and adding the training clips of other corpora."""
