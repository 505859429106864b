"""Frames to encoded frames."""
