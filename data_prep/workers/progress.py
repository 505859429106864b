"""How far a long step is, on stderr."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

log = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Where there is no terminal for a bar to move on, a line is logged so often.
LOG_SECONDS = 60.0


def progress_bar(*columns: ProgressColumn) -> Progress:
    """The bar every long step shows: what is being done, how far it is, how long it took and will take.

    Args:
        columns: More to show; the count of items alone without.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *(columns or (MofNCompleteColumn(),)),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        speed_estimate_period=300,  # of slow work, a shorter time sees nothing done
    )


def track_progress(results: Iterable[Result], total: int, description: str) -> Iterator[Result]:
    """Yield the results as they come, behind a progress bar."""
    with progress_bar() as progress:
        task = progress.add_task(description, total=total)
        for result in results:
            progress.advance(task)
            yield result


class ClipProgress:
    """Clips done and failed, hours of media, speed and time left; a context manager.

    Args:
        total: How many clips there are.
        description: What is done to them.
    """

    def __init__(self, total: int, description: str) -> None:
        self._total, self._description = total, description
        self._done = self._failed = 0
        self._media_s = 0.0
        self._began = self._said = time.monotonic()
        self._bar = progress_bar(MofNCompleteColumn(), TextColumn("{task.fields[about]}"))
        self._task = self._bar.add_task(description, total=total, about="")

    def add(self, duration_s: float | None) -> None:
        """Count a clip.

        Args:
            duration_s: How long it lasts, in seconds; None if it failed.
        """
        self._done += 1
        self._failed += duration_s is None
        self._media_s += duration_s or 0.0
        self._bar.update(self._task, advance=1, about=self.about())
        now = time.monotonic()
        if not self._bar.console.is_terminal and now - self._said > LOG_SECONDS:
            self._said = now
            left_s = (now - self._began) / self._done * (self._total - self._done)
            log.info(
                "%s: %d of %d, %s, %.0f min left", self._description, self._done, self._total, self.about(), left_s / 60
            )

    def about(self) -> str:
        """What there is to say, as text; the speed is in times real time."""
        speed = self._media_s / max(time.monotonic() - self._began, 1e-3)
        length = f"{self._media_s / 60:.1f} min" if self._media_s < 3600 else f"{self._media_s / 3600:.2f} h"
        return f"{self._failed} failed, {length} of media, {speed:.3g}x"

    def __enter__(self) -> "ClipProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
