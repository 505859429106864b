"""Prepared signals on disk."""
