"""SHREC'21: gestures of one hand among meaningless movements.

Caputo et al., "SHREC 2021: Skeleton-based hand gesture recognition in the wild", Computers & Graphics 99, 2021.
`annotations` reads which gestures a sequence holds and when, `shrec21` is the corpus, and `excerpts` cuts its training
sequences into shorter clips. Read `shrec21` first.
"""
