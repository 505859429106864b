"""Recognises what a microphone or a camera takes, or a file at the pace at which it was recorded.

`live.py` is the command's work: it takes chunks from a source (`sources.py`, `devices.py`), gives them to a stream of
`recognizers.streaming`, and shows the results (`display.py`).
"""
