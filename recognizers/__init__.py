"""Frames become symbols. For other programs: ``from recognizers import load``; see `recognizers.recognizer`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizers.prediction import Label, Word
    from recognizers.recognizer import Classification, Recognizer, Transcript, load

__all__ = ["Classification", "Label", "Recognizer", "Transcript", "Word", "load"]


def __getattr__(name: str) -> Any:
    """Import what other programs use when they ask for it: decoders of media take a moment to load."""
    if name in __all__:
        from recognizers import recognizer

        return getattr(recognizer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
