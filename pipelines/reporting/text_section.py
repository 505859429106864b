"""What a report says about texts: kinds of errors, the words they affect, and utterances with what was recognised."""

import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from pipelines.reporting.clip_views import ClipView, Viewer, draw_views
from pipelines.reporting.score_charts import chart_error_kinds
from recognizers.error_analysis.text_alignment import (
    AlignedSymbol,
    Kind,
    SymbolErrors,
    align_texts,
    aligned_unit,
    count_kinds,
    count_symbol_errors,
)

#: Seed of the random choice.
SEED = 0
#: Symbols of a longer utterance that are shown.
MAX_ALIGNED = 200


@dataclass(frozen=True)
class Utterance:
    """A clip with what was recognised of it.

    Attributes:
        view: The clip.
        aligned: Its reference and hypothesis side by side.
        errors: Number of errors.
        cut: How many symbols more there are than are shown.
    """

    view: ClipView
    aligned: list[AlignedSymbol]
    errors: int
    cut: int

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Direction of the script: that of the first letter that has one."""
        text = self.view.row["reference"] + self.view.row["prediction"]
        kinds = (unicodedata.bidirectional(letter) for letter in text)
        return "rtl" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L" else "ltr"


@dataclass(frozen=True)
class TextSection:
    """Where a recognizer of texts goes wrong.

    Attributes:
        unit: What is aligned.
        kinds: How many symbols are equal, substituted, deleted and inserted.
        kinds_chart: The same as a chart.
        symbols: The symbols with the most errors.
        worst: The utterances with the most errors.
        random: A random choice of the others.
        num_wrong: Number of utterances with an error.
    """

    unit: Literal["word", "character"]
    kinds: Counter[Kind]
    kinds_chart: Markup
    symbols: list[SymbolErrors]
    worst: list[Utterance]
    random: list[Utterance]
    num_wrong: int


def describe_texts(rows: Sequence[dict[str, Any]], viewer: Viewer, num_views: int) -> TextSection:
    """Count the errors in the rows of scored clips, and draw the worst and some random utterances."""
    unit = aligned_unit(row["reference"] for row in rows)
    kinds = count_kinds(rows, unit)
    wrong = [row for row in rows if row[f"{unit}_errors"]]
    by_errors = sorted(wrong, key=lambda row: (-row[f"{unit}_errors"], row["id"]))
    worst = draw_views(viewer, by_errors, num_views)
    shown = {view.row["id"] for view in worst}
    others = [row for row in rows if row["id"] not in shown]
    random.Random(SEED).shuffle(others)
    total = kinds["equal"] + kinds["substitution"] + kinds["deletion"]
    named = [
        ("substituted", kinds["substitution"]),
        ("deleted", kinds["deletion"]),
        ("inserted", kinds["insertion"]),
    ]
    return TextSection(
        unit=unit,
        kinds=kinds,
        kinds_chart=chart_error_kinds(named, total),
        symbols=count_symbol_errors(rows, unit),
        worst=[_utterance(view, unit) for view in worst],
        random=[_utterance(view, unit) for view in draw_views(viewer, others, num_views)],
        num_wrong=len(wrong),
    )


def _utterance(view: ClipView, unit: Literal["word", "character"]) -> Utterance:
    aligned = align_texts(view.row["reference"], view.row["prediction"], unit)
    return Utterance(view, aligned[:MAX_ALIGNED], view.row[f"{unit}_errors"], max(len(aligned) - MAX_ALIGNED, 0))
