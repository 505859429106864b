"""Messages above the progress bar: written past it, they would end up in its line."""

import logging
import sys
from typing import Any, TextIO, cast

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, RichProgressBar
from rich.console import Console
from rich.file_proxy import FileProxy


class MessagesAboveBar(Callback):
    """Lets the log's handlers that write to the terminal write above the progress bar while there is one.

    Args:
        bar: The progress bar; it starts before this callback does.
    """

    def __init__(self, bar: RichProgressBar) -> None:
        self._bar = bar
        self._streams: list[tuple[logging.StreamHandler[Any], Any]] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Redirect the handlers."""
        if self._bar.progress is None:
            return
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stderr, sys.__stderr__):
                before = handler.setStream(above(self._bar.progress.console, handler.stream))
                self._streams.append((handler, before))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let the handlers write as before."""
        for handler, stream in self._streams:
            handler.setStream(stream)
        self._streams = []

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Do the same if the training is interrupted or fails."""
        self.on_train_end(trainer, pl_module)


def above(console: Console, stream: TextIO) -> TextIO:
    """Make a stream whose lines the console prints above what it refreshes."""
    return cast(TextIO, FileProxy(console, stream))
