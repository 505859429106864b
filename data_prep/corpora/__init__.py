"""Corpora: each module turns the files of one corpus into clips with transcripts or labels and with splits.

A corpus is a frozen dataclass whose fields are the keys of its YAML file in ``conf/corpus`` and whose method
`clips` returns its rows as `Clip` objects. It reads file names and transcripts only; audio and video are decoded
later, by the feature extractors. Corpora that come with official splits keep them. For the others, `assign_splits`
chooses the splits by a hash of the speaker or clip, so the same files always get the same splits.

`folder`, `manifest` and `pattern` read the user's own recordings, and `arrays` the user's series of numbers. The four
``demo_*`` corpora need no download: `data_prep.synthesis` creates their files on first use.

Read `corpus` first, for the protocol and the checks that all corpora share, then `yesno` as a short example.
"""
