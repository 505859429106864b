"""A trained recognizer as a folder of data."""
