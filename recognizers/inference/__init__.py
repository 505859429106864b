"""From a media file to what was recognised in it, without torch; the commands and `recognizers.load` both use it.

The way of a recording: a `Media` is decoded to a `Signal`; `segments` turns that into a `WholeClip` or, if it is long,
a `SegmentedRecording`; `recognize` computes features segment by segment, and `predictor` runs the network on batches of
them, which gives emissions. For a recognizer of text, the decoder and `ctc_alignment` make a `DecodedSegment` of each
segment's emissions, and `stitching` joins these to a `Transcript`, whose word times come from `word_times`. For a
recognizer of labels, each segment gets a `Label`, and `sign_sequence` joins these to a `Classification`.

Batches mix segments of different recordings, because batches of similar lengths are fastest. Features are computed only
when a segment's turn comes, because those of an hour would fill the memory. The alignment is our own, because
torchaudio's needs torch. It takes 9.2 ms for 1,000 frames (torchaudio's: 2.6 ms), and nothing for most clips, whose
greedy decoding already says which frame emits which symbol.

Read `recognize` first, then `segments`. `scoring` compares predictions with references for `evaluate`.
"""
