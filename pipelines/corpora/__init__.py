"""The steps of preparing corpora."""
