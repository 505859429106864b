"""Recognises sound, pictures and landmarks while they arrive, in chunks of any size.

A stream gives a `Partial` for what is being said or signed, and a `Final` once that has ended (`results.py`).
`opening.py` chooses the stream for a recognizer:

- `sound_stream.py`, for text of sound: `recognizers.segmentation.utterances` cuts the sound into utterances, and each
  is recognised by itself, so that its final result is what `transcribe` gives for its samples.
  `utterance_recognizers.py` does that in two ways. If the encoder reads forward only and the features need nothing but
  what was said so far, each frame is computed once (`emission_stream.py`), and `greedy_path.py` reads the text off the
  log-probabilities as they come. Otherwise, the utterance so far is recognised anew, twice a second.
- `keyword_stream.py`, for labels of sound: a window slides over the sound, and a label counts if it stays probable.
- `hand_stream.py`, for hands: `recognizers.segmentation.sign_activity` finds signs in the last half minute, and each
  sign is recognised once it has ended.

What a stream holds does not grow with its length. Nothing here needs torch.
"""
