"""From a media file to what was recognised in it, without torch; the commands and `recognizers.load` both use it.

The way of a recording: a `Media` is decoded to a `Signal`; `segments` turns that into a `WholeClip` or, if it is long,
a `SegmentedRecording`; `recognize` computes features segment by segment, and `predictor` runs the network on batches of
them, which gives emissions. For a recognizer of text, the decoder and `ctc_alignment` make a `DecodedSegment` of each
segment's emissions, and `stitching` joins these to a `Transcript`, whose word times come from `word_times`. For a
recognizer of labels, each segment gets a `Label`, and `sign_sequence` joins these to a `Classification`.

Batches mix segments of different recordings, because a batch of similar lengths is fastest. Features are made only when
a segment's turn comes, because those of an hour do not fit into memory. The alignment is our own: torchaudio's takes
2.6 ms instead of 9.2 ms for 1,000 frames but needs torch, and greedy decoding, which most clips use, needs neither.

Read `recognize` first, then `segments`. `scoring` compares predictions with references for `evaluate`.
"""
