"""Corpora that are too large for a list in memory or for a disk.

A `LazyManifest` stands in for a list of clips: it keeps where each row begins, 27 bytes a row, and reads a row when it
is asked for. All rows are checked once, with the errors of `data_prep.manifest.read_manifest`.

Read `lazy_manifest.py` first, then `manifest_indexing.py`, which makes it.
"""
