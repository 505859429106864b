"""The page on which one listens to clips and their variations; the sound is in files beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_prep.report.html_page import environment


@dataclass(frozen=True)
class PreviewRow:
    """A clip and a variation of it.

    Attributes:
        clip: Id of the clip.
        target: Its label or text.
        original: Name of the file with its sound, in the folder of the page.
        augmented: Name of the file with the variation.
        applied: What was varied, and the values that were drawn.
    """

    clip: str
    target: str
    original: str
    augmented: str
    applied: Mapping[str, str]


def render_preview(rows: Sequence[PreviewRow], settings: Mapping[str, Any]) -> str:
    """Render the page; `settings` are those of the augmentation."""
    return environment().get_template("augment_preview.html").render(rows=rows, settings=settings)
