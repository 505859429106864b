"""Augmentation: random variations of training clips, different in every epoch.

`augment.py` is the contract. `speech.py` varies waveforms, with the signal processing in `waveform.py`, rooms in
`rooms.py` and recorded noise in `noise_files.py`, both of which read files through `sound_files.py`, and narrow bands
and telephones in `bandwidth.py`; `hands.py` varies landmarks; `none.py` leaves clips as they are. `applied.py` tells
what was done to a clip.
"""
