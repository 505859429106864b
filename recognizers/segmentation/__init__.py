"""Where there is speech in a long recording or signing in a long video, and how such recordings are cut.

A BiLSTM reads a whole segment before it emits anything, so an hour cannot go through it at once. Long recordings are
cut where nobody speaks or signs, because a cut inside a word or a sign loses it:

- `voice_activity` finds speech by the loudness of the waveform, with thresholds that follow the recording. It runs at
  20,000 times real time; silero-vad, a neural detector, runs at 180 times and finds more speech in loud noise.
- `sign_activity` finds signs by the movement of hand landmarks: hands out of view or at rest separate signs.
- `pause_splitting` cuts at the pauses that either of them finds. Where there is no pause, it makes overlapping windows,
  which `recognizers.inference.stitching` joins after recognition.

Start with `pause_splitting`, which defines the steps of activity and the `Segment`. The constants at the top of each
module are its rules; each says what it measures and why it has its value.
"""
