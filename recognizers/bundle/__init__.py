"""Bundles: a trained recognizer as a folder of data.

A bundle holds `recognizer.json` (`spec.py`: the specification of extractor, encoder, head and decoder, with vocabulary,
frame rate and scores), `model.safetensors` (`weights.py`) and, if the decoder uses one, `language_model.arpa`. An
exported recognizer has the same specification, but ONNX networks instead of weights; `layout.py` names all files. The
bundle of a generator has the first two files, with a specification of another kind (`generator.py`).

Nothing in a bundle is code, and nothing is unpickled, because bundles come from elsewhere: the specification can only
name classes of this project's own packages, shapes are compared before memory is allocated, and values are checked, so
that a damaged or hostile folder gives an error that says what to do. `spec.py` and `layout.py` do not import torch.
"""
