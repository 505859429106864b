"""Where there is speech in a long recording or signing in a long video, and how such recordings are cut.

A BiLSTM reads a whole segment before it emits anything, so an hour cannot go through it at once. Long recordings are
cut where nobody speaks or signs, because a cut inside a word or a sign loses it:

- `voice_activity` says what voice activity is. `silero_detector`, the default, finds it with a small neural network,
  which also hears speech in noise and is not deceived by other sounds, at 330 to 550 times real time. `energy_detector`
  goes by the loudness of the waveform, at 10,000 times; it takes any sound for speech, and loses speech in noise:
  22 of 30 utterances in white noise at 10 dB, where the network loses none.
- `sign_activity` finds signs by the movement of hand landmarks: hands out of view or at rest separate signs.
- `pause_splitting` cuts at the pauses that either of them finds. Where there is no pause, it makes overlapping windows,
  which `recognizers.inference.stitching` joins after recognition.

Start with `pause_splitting`, which defines the steps of activity and the `Segment`. The constants at the top of each
module are its rules; each says what it measures and why it has its value.
"""
