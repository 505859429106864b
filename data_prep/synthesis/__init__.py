"""The embedded default corpora: a synthetic voice and a rendered hand."""
