"""Features inside the exported network: networks that take what a device has, and give log-probabilities.

A network exported by `onnx_export.py` takes frames, so whatever calls it must compute the features exactly as training
did. The networks made here take the waveform of a clip, or the landmarks of hands with their times, and do everything
from there. A page, a phone or a server in another language then needs nothing but ONNX Runtime.

Each kind of features has a torch module that computes for one clip what the extractor in `data_prep/features` computes
with numpy (`waveform.py` with torchaudio's transforms, `landmarks.py`, `series.py`). `feature_graph.py` chooses the
module and exports it; `joining.py` joins its graph to that of the network. Two graphs, because torch's newer exporter
knows Fourier transforms and the older one knows recurrent layers over clips of any length, but not the reverse.

`inputs.py` turns a signal into the arrays that such a network takes, and `description.py` writes the JSON file that
tells a caller in another language what goes in and what comes out. Neither imports torch. Read `inputs.py` first.
"""
