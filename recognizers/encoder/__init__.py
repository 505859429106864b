"""Encoders: torch modules that turn frames into encoded frames.

`encoder.py` is the contract. `bilstm.py` is the implementation: it standardises the frames (`standardize.py`), reduces
their number (`subsampling.py`) and runs recurrent layers over them. On a CPU it runs both directions over padded frames
(`reversal.py`) instead of using torch's packed sequences, because torch's LSTM leaves its fast path when the lengths in
a packed batch differ: on one thread, with a 3 x 256 network, a training step is 3.4 times as fast for clips of 120
frames and 30 times for clips of 600. Outputs and gradients equal those of packed sequences; a test holds this.
"""
