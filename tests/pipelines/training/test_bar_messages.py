"""Messages of the log appear above the progress bar, in lines of their own."""

import fcntl
import io
import logging
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from pipelines.training.bar_messages import MessagesAboveBar
from tests.pipelines.conftest import quick

ROOT = Path(__file__).parents[3]


@pytest.fixture
def handler() -> Iterator[logging.StreamHandler[Any]]:
    added = logging.StreamHandler(sys.stderr)
    others = logging.root.handlers[:]  # a command that ran in this process before may have left some
    logging.root.handlers[:] = [added]
    yield added
    logging.root.handlers[:] = others


def bar(console: Console) -> Any:
    return SimpleNamespace(progress=SimpleNamespace(console=console))


@pytest.mark.parametrize("failed", [False, True])
def test_messages_go_through_the_console_until_the_training_ends(
    handler: logging.StreamHandler[Any], failed: bool, tmp_path: Path
) -> None:
    shown = io.StringIO()
    other = logging.FileHandler(tmp_path / "train.log")
    logging.getLogger().addHandler(other)
    messages = MessagesAboveBar(bar(Console(file=shown, force_terminal=True, width=80, color_system=None)))
    before = handler.stream
    messages.on_train_start(None, None)
    logging.getLogger("pipelines").warning("step %d [bold]skipped[/bold]", 3)
    if failed:
        messages.on_exception(None, None, KeyboardInterrupt())
    else:
        messages.on_train_end(None, None)
    logging.getLogger("pipelines").warning("afterwards")
    logging.getLogger().removeHandler(other)
    other.close()
    assert shown.getvalue() == "step 3 [bold]skipped[/bold]\n"
    assert handler.stream is before
    assert (tmp_path / "train.log").read_text() == "step 3 [bold]skipped[/bold]\nafterwards\n"


def test_without_a_bar_nothing_changes(handler: logging.StreamHandler[Any]) -> None:
    before = handler.stream
    MessagesAboveBar(SimpleNamespace(progress=None)).on_train_start(None, None)
    assert handler.stream is before


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
def test_the_bar_of_a_training_stays_whole_at_80_columns(tones: Path, tmp_path: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ |= {"TERM": "xterm", "COLUMNS": "80"}
        os.execv(sys.executable, [sys.executable, "-m", "pipelines.train", *quick(tones, tmp_path / "run")])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    output = b""
    while chunk := _read(terminal):
        output += chunk
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.decode())
    lines = [line.rsplit("\r", 1)[-1] for line in text.replace("\r\n", "\n").split("\n")]
    [watched] = [line for line in lines if "recognised" in line and line.startswith("epoch 1/1: ")]
    assert len(watched) <= 80
    assert any(line.startswith("epoch 1/1 ") for line in lines)  # the bar


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""
