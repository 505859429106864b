"""Synthetic speech and signing for the demo corpora, so that every pipeline runs without a download.

Speech: `voice` drives the espeak-ng synthesizer, and `spoken_corpus` draws speakers and texts and adds noise.
Signing: `hand_pose` turns joint angles into a hand skeleton, `hand_renderer` draws it, `sign_video` animates it, and
`signed_corpus` draws signers and renders their clips. The renderer uses only NumPy and OpenCV. Its pictures are
realistic enough for MediaPipe to find the hand in 99.9 % of the frames, so the demo corpora of signing pass through
the same hand tracker as real videos.

Everything is reproducible: the same settings give the same bytes, whatever the number of processes and the order of
the work. Therefore `recipe` can keep the files that exist, make those that are missing, and report an error if a
folder holds files made with other settings.

Read `recipe` first, then `spoken_corpus` or `signed_corpus`.
"""
