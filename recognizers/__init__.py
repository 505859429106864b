"""Frames become symbols. For other programs: ``from recognizers import load``; see `recognizers.api`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizers.api import Classification, Recognizer, Transcript, load
    from recognizers.prediction import Label, Word

__all__ = ["Classification", "Label", "Recognizer", "Transcript", "Word", "load"]


def __getattr__(name: str) -> Any:
    """Import what other programs use when they ask for it: decoders of media take a moment to load."""
    if name in __all__:
        from recognizers import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
