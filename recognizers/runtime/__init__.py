"""Runtimes: what computes a recognizer's network.

`torch_network.py` computes a bundle with torch. `onnx_network.py` computes an exported recognizer with ONNX Runtime,
without importing torch; `onnx_export.py` writes its network in float32 and int8. Both kinds of network take the same
arrays and give the same ones (`Network` in `recognizers/inference/predictor.py`), so nothing else depends on the
runtime. On one thread and AN4's utterances, ONNX Runtime is about 1.2 times as fast as torch in float32, and 2.1 times
in int8, which raises the word error rate from 4.9 % to 5.0 %. `features_inside` makes exported networks that compute
the features too, for callers in other languages.
"""
