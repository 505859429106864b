"""Progress bars on stderr."""

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

#: Seconds between progress messages in the log if stderr is not a terminal.
LOG_INTERVAL_S = 60.0


def progress_bar(*columns: ProgressColumn) -> Progress:
    """Create a bar with a description, progress, the time taken and the time left.

    Args:
        columns: Columns between the bar and the times; by default the number of items done.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *(columns or (MofNCompleteColumn(),)),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        speed_estimate_period=300,  # a shorter period may not see a slow item finish
    )


def track_progress(results: Iterable[Result], total: int, description: str) -> Iterator[Result]:
    """Yield the results as they become ready, and advance a progress bar to `total` with them."""
    with progress_bar() as progress:
        task = progress.add_task(description, total=total)
        for result in results:
            progress.advance(task)
            yield result


class ClipProgress:
    """A progress bar for clips, which shows failures, the amount of media, speed and time left; a context manager."""

    def __init__(self, total: int, description: str) -> None:
        self._total, self._description = total, description
        self._done = self._failed = 0
        self._media_s = 0.0
        self._started_at = self._logged_at = time.monotonic()
        self._bar = progress_bar(MofNCompleteColumn(), TextColumn("{task.fields[summary]}"))
        self._task = self._bar.add_task(description, total=total, summary="")

    def add(self, duration_s: float | None) -> None:
        """Count a clip, given its duration in seconds; None if it failed."""
        self._done += 1
        self._failed += duration_s is None
        self._media_s += duration_s or 0.0
        self._bar.update(self._task, advance=1, summary=self.summary())
        now = time.monotonic()
        if not self._bar.console.is_terminal and now - self._logged_at > LOG_INTERVAL_S:
            self._logged_at = now
            left_s = (now - self._started_at) / self._done * (self._total - self._done)
            text = "%s: %d of %d, %s, %.0f min left"
            log.info(text, self._description, self._done, self._total, self.summary(), left_s / 60)

    def summary(self) -> str:
        """Describe the finished clips: failures, amount of media, and speed as a multiple of real time."""
        speed = self._media_s / max(time.monotonic() - self._started_at, 1e-3)
        length = f"{self._media_s / 60:.1f} min" if self._media_s < 3600 else f"{self._media_s / 3600:.2f} h"
        return f"{self._failed} failed, {length} of media, {speed:.3g}x"

    def __enter__(self) -> "ClipProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
