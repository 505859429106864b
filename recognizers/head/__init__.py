"""Heads: torch modules that turn encoded frames into log-probabilities, and compute the loss.

`head.py` is the contract. `ctc.py` emits sequences of symbols (many-to-many), `classification.py` one label for each
clip (many-to-one). What the log-probabilities mean is said in numpy by `recognizers/interpreter.py`, so that exported
recognizers need no torch.
"""
