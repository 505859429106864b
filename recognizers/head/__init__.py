"""Heads: torch modules that turn encoded frames into log-probabilities, and compute the loss.

`head.py` is the contract. `ctc.py` emits sequences of symbols (many-to-many), `classification.py` one label for each
clip (many-to-one). `recognizers/interpreter.py` turns the log-probabilities into predictions, in numpy, so that
exported recognizers need no torch.
"""
