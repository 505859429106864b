"""Progress bars on stderr, and lines in the log where stderr is not a terminal."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

log = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Seconds between progress messages in the log if stderr is not a terminal.
LOG_INTERVAL_S = 30.0


class LoggedProgress(Progress):
    """A progress bar that logs a line from time to time if it cannot be drawn, as when stderr is a file."""

    def start(self) -> None:
        """Begin to show progress."""
        self._started_at = self._logged_at = time.monotonic()
        super().start()

    def update(self, task_id: TaskID, **changes: Any) -> None:
        """Change a task, as `Progress.update` does."""
        super().update(task_id, **changes)
        self._log(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Advance a task by some items."""
        super().advance(task_id, advance)
        self._log(task_id)

    def _log(self, task_id: TaskID) -> None:
        now = time.monotonic()
        if self.console.is_terminal or now - self._logged_at <= LOG_INTERVAL_S:
            return
        self._logged_at = now
        task = next(task for task in self.tasks if task.id == task_id)
        if not task.total or not task.completed:
            return
        left_s = (now - self._started_at) / task.completed * (task.total - task.completed)
        done = f"{task.completed:,.0f} of {task.total:,.0f}"
        summary = f", {task.fields['summary']}" if task.fields.get("summary") else ""
        log.info("%s: %s%s, %s left", task.description, done, summary, format_duration(left_s))


def format_duration(seconds: float) -> str:
    """Describe a duration for people, such as "40 s", "12 min" or "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def progress_bar(*columns: ProgressColumn) -> LoggedProgress:
    """Create a bar with a description, progress, the time taken and the time left.

    Args:
        columns: Columns between the bar and the times; by default the number of items done.
    """
    return LoggedProgress(
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
        self._started_at = time.monotonic()
        self._bar = progress_bar(MofNCompleteColumn(), TextColumn("{task.fields[summary]}"))
        self._task = self._bar.add_task(description, total=total, summary="")

    def add(self, duration_s: float | None) -> None:
        """Count a clip, given its duration in seconds; None if it failed."""
        self._done += 1
        self._failed += duration_s is None
        self._media_s += duration_s or 0.0
        self._bar.update(self._task, advance=1, summary=self.summary())

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
