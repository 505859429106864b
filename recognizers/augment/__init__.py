"""Augmentation: random variations of training clips, different in every epoch.

`augment.py` is the contract. `speech.py` varies waveforms, with the signal processing in `waveform.py`; `hands.py`
varies landmarks; `none.py` leaves clips as they are.
"""
