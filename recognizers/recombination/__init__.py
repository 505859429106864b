"""Recombination: new training sequences, joined from the words, letters or glosses that one person says or signs.

A recurrent network learns the few sentences of a small corpus by heart. Joining a speaker's own units in new orders
keeps voice, room and frequencies of the units, and changes only their order (after Lam et al., "On-the-Fly Aligned Data
Augmentation for Sequence-to-Sequence ASR", Interspeech 2021).

`unit_pools` draws the units of a new sequence from clips whose alignments are known (`recognizers.inference`),
`joining` cuts and joins them, and `recombiner` does both for the training's data set. How many sequences there are, and
from when on, is a matter of `recognizers.augment.recombine`.

Read `recombiner` first.
"""
