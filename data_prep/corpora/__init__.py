"""One file a corpus: its files on disk become clips with splits."""
