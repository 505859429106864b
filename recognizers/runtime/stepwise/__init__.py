"""Networks that are computed step by step, as a clip arrives, with states carried from step to step.

Only encoders with ``direction=forward`` can do this, and only for text: a label belongs to a whole clip. The steps of a
clip give the log-probabilities that its network gives for the whole clip, to 1e-5, however it is cut.

`step_network.py` is the contract. `step_module.py` computes steps with torch, and is what `step_export.py` writes as
``streaming.onnx``, with the features inside if sound is what the recognizer hears. `onnx_steps.py` computes that file
without torch. `description.py` writes the JSON file that tells a caller in another language what goes in and what comes
out. `recognizers/streaming` makes results of it. Read `step_network.py` first.
"""
