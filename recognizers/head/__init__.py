"""Heads: torch modules that turn encoded frames into log-probabilities, and compute the loss.

`head.py` is the contract. `ctc.py` emits sequences of symbols (many-to-many), `classification.py` one label for each
clip (many-to-one). `recognizers/interpreter.py` turns the log-probabilities into predictions, in numpy, so that
exported recognizers need no torch.

`generation.py` goes the other way, from a label or a text to frames (one-to-many). It does not fulfil the contract,
because no encoder comes before it. It draws hands in the space of `generation_space.py`, given those before
(`generation_past.py`), from the distributions of `generation_mixture.py`. `generation_style.py` is what clips of one
label differ in, and `generation_window.py` reads texts.
"""
