"""Recognizers: networks that turn frames into text or labels, how they are trained, and how they are used.

Other programs need one function, ``from recognizers import load``; see `recognizers.api`. What each sub-package does:

- `encoder`, `head`: the two halves of the network, as torch modules behind a protocol each.
- `interpreter`, `decoder`, `language_model`: from the network's log-probabilities to text or labels, in numpy.
- `training`, `augment`: the Lightning module, batches, targets, metrics and variations of training clips.
- `bundle`, `runtime`: a trained recognizer as files, and what computes its network (torch or ONNX Runtime).
- `segmentation`, `inference`: long recordings cut into segments, and files recognised with a trained recognizer.
- `streaming`: sound, pictures and landmarks recognised while they arrive.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizers.api import Classification, Recognizer, Transcript, load
    from recognizers.prediction import Label, Word
    from recognizers.streaming.results import Final, Partial, Stream
    from recognizers.streaming.settings import StreamSettings

__all__ = [
    "Classification",
    "Final",
    "Label",
    "Partial",
    "Recognizer",
    "Stream",
    "StreamSettings",
    "Transcript",
    "Word",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import the public names on first use, because the media decoders behind them take a moment to load."""
    if name in __all__:
        from recognizers import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
