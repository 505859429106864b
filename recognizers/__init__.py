"""Frames become symbols."""
