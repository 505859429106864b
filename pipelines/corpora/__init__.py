"""Preparing a corpus for training, previewing its augmentation, and adding the training clips of other corpora."""
