"""Shows the results of a stream: in place on a terminal, and as lines elsewhere."""

import sys

from rich.console import Console
from rich.live import Live
from rich.text import Text

from data_prep.report.printable import printable
from recognizers import Final, Partial


class Display:
    """Prints results to stdout; a context manager.

    On a terminal, a partial result is shown in the last line until the next result replaces it. Elsewhere, it is a line
    that begins with dots.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._live = Live(console=self._console, transient=True, auto_refresh=False)

    def __enter__(self) -> "Display":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, result: Partial | Final) -> None:
        """Show a result; a final one without text only removes the partial ones before it."""
        text = printable(result.text)
        if isinstance(result, Final):
            if self._console.is_terminal:
                self._live.update(Text(""), refresh=True)
            if text:
                confidence = f"  ({result.prediction.confidence:.0%})"
                self._console.print(Text(f"{result.start_s:8.2f} - {result.end_s:.2f}  {text}{confidence}"))
        elif self._console.is_terminal:
            self._live.update(Text(f"{result.start_s:8.2f} ...  {text}", style="dim"), refresh=True)
        else:
            self._console.print(Text(f"{result.start_s:8.2f} ...  {text}"))
