"""Encoded frames to symbols: loss, decoding, metrics."""
