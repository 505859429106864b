"""Totals of one call of transcribe or classify."""

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Summary:
    """Totals of one call of a command.

    Attributes:
        done: Inputs that were recognised.
        skipped: Inputs that were finished by an earlier call.
        failed: Inputs that could not be found, read or written.
        media_s: Duration of the media that was recognised, in seconds.
        wall_s: Duration of the call, in seconds.
    """

    done: int
    skipped: int
    failed: int
    media_s: float
    wall_s: float

    def counts(self) -> dict[str, int]:
        """Return the numbers of inputs for the command's JSON line."""
        return {"done": self.done, "failed": self.failed, "skipped": self.skipped}

    def counts_and_speed(self) -> dict[str, Any]:
        """Return the same with the duration of the sound, and its multiple of the time that was needed."""
        return self.counts() | {"audio_s": round(self.media_s, 2), "rtfx": round(self.media_s / self.wall_s, 2)}


def show_summary(summary: Summary) -> None:
    """Show the summary as a table on stderr."""
    counts, speed = summary.counts(), summary.media_s / summary.wall_s
    table = Table(*counts, "hours", "speed")
    table.add_row(*map(str, counts.values()), f"{summary.media_s / 3600:.2f}", f"{speed:.3g}x")
    Console(stderr=True).print(table)
