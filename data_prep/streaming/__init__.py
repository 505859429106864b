"""Corpora that are too large for a list in memory or for a disk.

A `LazyManifest` stands in for a list of clips: it keeps where each row begins, 27 bytes a row, and reads a row when it
is asked for. All rows are checked once, with the errors of `data_prep.manifest.read_manifest`.

What is in object storage has a URL (`url`), is reached by `object_storage`, fetched through a cache of bounded size
(`file_cache`, `transfer`), and written from a working copy on disk (`remote_folder`). `linked_copy` is a folder for
reading.

Read `lazy_manifest.py` first, then `manifest_indexing.py`, which makes it; for object storage, `file_cache.py` and
`remote_folder.py`.
"""
