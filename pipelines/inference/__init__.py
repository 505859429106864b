"""The steps of recognising files, scoring and exporting."""
