"""Contenders in processes of their own, of which one works at a time."""

import itertools
import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader, Sampler


class Work(Protocol):
    """What contenders work on; the same for all."""

    @property
    def seed(self) -> int:
        """Of whatever is random."""
        ...


#: What a contender does: build everything, then work for ever, when the coordinator says so: `PacedSampler`, `paced`.
Run = Callable[[Any, Connection], None]


@dataclass(frozen=True)
class Batches:
    """What a contender has to work on; it says so when it is ready.

    Attributes:
        count: How many batches.
        frames: Of all of them, without padding.
        padded_frames: With it.
    """

    count: int
    frames: int
    padded_frames: int


@dataclass(frozen=True)
class Turn:
    """What a contender did in one of its turns.

    Attributes:
        steps: Training steps, or files.
        amount: Frames, without padding, or seconds of sound.
        seconds: From the first step's beginning to the last one's end, by the clock; or of the CPU.
        peak_bytes: The most memory its process has had so far.
    """

    steps: int
    amount: float
    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Failure:
    """A contender's last words."""

    traceback: str


def peak_bytes() -> int:
    """The most memory this process has had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class PacedSampler(Sampler[list[int]]):
    """Hands out batches, round and round, when the coordinator says so, and tells it how long they took.

    A step has been done when the training loop comes for the next batch. So the loop may not fetch in advance; none
    of ours does: loaders without worker processes don't, nor does Lightning where it knows the length of an epoch.

    Args:
        frames: Of each batch, without padding.
        padded_frames: Of all batches.
        connection: To the coordinator.
    """

    #: Steps of an epoch: it shall not end while it is measured, for what then happens is not a training step.
    EPOCH = 100_000

    def __init__(self, frames: Sequence[int], padded_frames: int, connection: Connection) -> None:
        self.frames = frames
        self.padded_frames = padded_frames
        self.connection = connection
        #: This project's loader counts here.
        self.done = 0

    def __len__(self) -> int:
        return self.EPOCH

    def __iter__(self) -> Iterator[list[int]]:
        self.connection.send(Batches(len(self.frames), sum(self.frames), self.padded_frames))
        indices = itertools.cycle(range(len(self.frames)))
        while True:
            most_steps, limit_s = self.connection.recv()
            start = time.perf_counter()
            steps = frames = 0
            while steps < most_steps and time.perf_counter() - start < limit_s:
                index = next(indices)
                yield [index]
                steps += 1
                frames += self.frames[index]
            self.connection.send(Turn(steps, frames, time.perf_counter() - start, peak_bytes()))


def paced_loader(
    batches: Sequence[Any],
    frames: Sequence[int],
    padded_frames: int,
    connection: Connection,
    kind: type[DataLoader] = DataLoader,
) -> DataLoader:
    """A loader of batches that are ready: loading is not what is measured."""
    return kind(batches, batch_sampler=PacedSampler(frames, padded_frames, connection), collate_fn=_the_only)


def paced(amounts: Sequence[float], process: Callable[[Sequence[int]], None], connection: Connection) -> None:
    """Work off items, round and round, when the coordinator says so, and tell it how much CPU time they took.

    Args:
        amounts: Of each item.
        process: Works off some items, given by their indices.
        connection: To the coordinator.
    """
    connection.send(None)
    indices = itertools.cycle(range(len(amounts)))
    while True:
        steps, _ = connection.recv()
        some = list(itertools.islice(indices, steps))
        start = cpu_seconds()
        process(some)
        seconds = cpu_seconds() - start
        connection.send(Turn(steps, sum(amounts[index] for index in some), seconds, peak_bytes()))


def cpu_seconds() -> float:
    """CPU time of this process and of those it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Contender:
    """A contender's process, as the coordinator sees it.

    Args:
        name: Of the contender.
        run: What it does.
        work: What it works on.
        environment: Variables for its process, beyond those of this one.
        log: Where its output goes.
        flush: Whether numbers too small for full precision are taken for 0. Some processors are slow at them.
    """

    def __init__(
        self, name: str, run: Run, work: Work, environment: Mapping[str, str], log: Path, flush: bool = False
    ) -> None:
        self.name = name
        self.log = log
        self.turns: list[Turn] = []
        self.batches: Batches | None = None
        self._connection, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")  # with fork, it would inherit this process's memory and threads
        self._process = context.Process(target=_work, args=(run, work, theirs, log, flush), daemon=True)
        with _inherited(environment):
            self._process.start()
        theirs.close()  # or its death would go unnoticed here

    def wait_until_ready(self) -> None:
        """Wait until its batches and its network have been made."""
        self.batches = self._answer()

    def take_turn(self, steps: int, limit_s: float) -> None:
        """Let it train for some steps, or for fewer when they take long, but at least for one."""
        self.begin_turn(steps, limit_s)
        self.end_turn()

    def begin_turn(self, steps: int, limit_s: float) -> None:
        """Let it work, and don't wait."""
        self._connection.send((steps, limit_s))

    def end_turn(self) -> None:
        """Wait until it has worked."""
        self.turns.append(self._answer())

    def dismiss(self) -> None:
        """Let it end by itself, which it does when it next looks for word from here."""
        self._connection.close()

    def end(self, wait_s: float) -> None:
        """Leave no process behind, even if it does not end by itself in time."""
        self._process.join(wait_s)
        self._process.kill()  # Lightning would take a friendlier signal as a request to come to an end by and by
        self._process.join()

    def _answer(self) -> Any:
        try:
            answer = self._connection.recv()
        except EOFError:
            self._process.join()
            tail = self.log.read_text(errors="replace")[-4000:]
            raise RuntimeError(
                f"{self.name} died with exit code {self._process.exitcode} (-9: memory may have run out)\n{tail}"
            ) from None
        if isinstance(answer, Failure):
            raise RuntimeError(f"{self.name} failed\n{answer.traceback}")
        return answer


def _work(run: Run, work: Work, connection: Connection, log: Path, flush: bool) -> None:
    with open(log, "wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    torch.set_num_threads(1)
    torch.set_flush_denormal(flush)
    torch.manual_seed(work.seed)
    try:
        run(work, connection)
        raise RuntimeError("the work came to its end")
    except (EOFError, BrokenPipeError):
        return  # the coordinator is gone
    except BaseException:
        connection.send(Failure(traceback.format_exc()))


def end_all(contenders: Sequence[Contender], wait_s: float = 5.0) -> None:
    """Leave no process behind."""
    for each in contenders:
        each.dismiss()
    deadline = time.monotonic() + wait_s
    for each in contenders:
        each.end(max(0.0, deadline - time.monotonic()))


@contextmanager
def _inherited(variables: Mapping[str, str]) -> Iterator[None]:
    """What processes started meanwhile inherit: these variables, and no ear for Ctrl-C, which the coordinator heeds."""
    before = dict(os.environ)
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        signal.signal(signal.SIGINT, handler)


def _the_only(batches: list[Any]) -> Any:
    (batch,) = batches
    return batch
