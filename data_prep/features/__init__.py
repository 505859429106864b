"""Extractors: media become frames."""
