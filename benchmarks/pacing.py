"""Contenders in separate processes that take turns.

Each contender is a process, so that its memory settings and threads do not affect the others. The benchmark itself is
the coordinator: it tells one contender at a time to work, so other load on the machine affects all contenders equally.
"""

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
    """Input that is the same for all contenders."""

    @property
    def seed(self) -> int:
        """Seed for everything random."""
        ...


#: Function of a contender: it prepares everything, then works whenever the coordinator tells it to, without ever
#: returning. `PacedSampler` and `work_in_turns` do the waiting.
Run = Callable[[Any, Connection], None]


@dataclass(frozen=True)
class Batches:
    """A contender's message that it is ready, with the size of its work.

    Attributes:
        count: Number of batches.
        frames: Number of frames in all batches, without padding.
        padded_frames: Number of frames in all batches, with padding.
    """

    count: int
    frames: int
    padded_frames: int


@dataclass(frozen=True)
class Turn:
    """Work of a contender in one turn.

    Attributes:
        steps: Number of training steps or files.
        amount: Frames without padding, or seconds of audio.
        seconds: Duration in wall-clock time for training steps, in CPU time for files.
        peak_bytes: Peak memory of the process so far.
    """

    steps: int
    amount: float
    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Failure:
    """A contender's message that it failed."""

    traceback: str


def peak_bytes() -> int:
    """Return the peak memory of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class PacedSampler(Sampler[list[int]]):
    """Yields batches in a cycle whenever the coordinator says so, and reports how long they took.

    A step is complete when the training loop asks for the next batch, so the loop must not prefetch. Loaders without
    worker processes do not, and neither does Lightning if it knows the length of an epoch.

    Args:
        frames: Number of frames in each batch, without padding.
        padded_frames: Number of frames in all batches, with padding.
        connection: Connection to the coordinator.
    """

    #: Steps of an epoch; it is too long to end during the measurement, because the end of an epoch takes extra time.
    EPOCH = 100_000

    def __init__(self, frames: Sequence[int], padded_frames: int, connection: Connection) -> None:
        self.frames = frames
        self.padded_frames = padded_frames
        self.connection = connection
        #: Counter that this project's loader increases.
        self.done = 0

    def __len__(self) -> int:
        return self.EPOCH

    def __iter__(self) -> Iterator[list[int]]:
        self.connection.send(Batches(len(self.frames), sum(self.frames), self.padded_frames))
        indices = itertools.cycle(range(len(self.frames)))
        while True:
            max_steps, limit_s = self.connection.recv()
            start = time.perf_counter()
            steps = frames = 0
            while steps < max_steps and time.perf_counter() - start < limit_s:
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
    """Return a loader of ready-made batches, so that loading is not measured."""
    return kind(batches, batch_sampler=PacedSampler(frames, padded_frames, connection), collate_fn=_only_batch)


def work_in_turns(amounts: Sequence[float], process: Callable[[Sequence[int]], None], connection: Connection) -> None:
    """Process items in a cycle whenever the coordinator says so, and report how much CPU time they took.

    Args:
        amounts: Amount of work in each item, such as its duration.
        process: Function that processes the items with the given indices.
        connection: Connection to the coordinator.
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
    """Return the CPU time of this process and of its finished child processes."""
    times = os.times()  # in steps of 10 ms, which is too coarse for this process
    return time.process_time() + times.children_user + times.children_system


class Contender:
    """The coordinator's handle of a contender's process.

    Args:
        name: Name of the contender.
        run: Function of the contender.
        work: Input of the contender.
        environment: Environment variables for its process, in addition to those of this process.
        log: File for its output.
        flush: Whether denormal numbers are flushed to 0; some processors are slow at computing with them.
    """

    def __init__(
        self, name: str, run: Run, work: Work, environment: Mapping[str, str], log: Path, flush: bool = False
    ) -> None:
        self.name = name
        self.log = log
        self.turns: list[Turn] = []
        self.batches = Batches(0, 0, 0)  # until the contender is ready
        self._connection, child_end = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")  # with fork, it would inherit this process's memory and threads
        self._process = context.Process(target=_run_contender, args=(run, work, child_end, log, flush), daemon=True)
        with _inherited_by_children(environment):
            self._process.start()
        child_end.close()  # otherwise, the end of the process would go unnoticed

    def wait_until_ready(self) -> None:
        """Wait until the contender has prepared its work."""
        self.batches = self._receive()

    def take_turn(self, steps: int, limit_s: float) -> None:
        """Let the contender work for some steps, or for fewer (at least one) if they take more than `limit_s`."""
        self.begin_turn(steps, limit_s)
        self.end_turn()

    def begin_turn(self, steps: int, limit_s: float) -> None:
        """Start a turn without waiting for its end."""
        self._connection.send((steps, limit_s))

    def end_turn(self) -> None:
        """Wait for the end of the turn."""
        self.turns.append(self._receive())

    def dismiss(self) -> None:
        """Let the process end by itself, which it does when it next waits for a message."""
        self._connection.close()

    def end(self, wait_s: float) -> None:
        """Wait for the process to end, and kill it if it takes too long."""
        self._process.join(wait_s)
        self._process.kill()  # Lightning handles gentler signals and continues for a while
        self._process.join()

    def _receive(self) -> Any:
        try:
            answer = self._connection.recv()
        except EOFError:
            self._process.join()
            tail = self.log.read_text(errors="replace")[-4000:]
            raise RuntimeError(
                f"{self.name} died with exit code {self._process.exitcode} (-9 may mean that memory ran out)\n{tail}"
            ) from None
        if isinstance(answer, Failure):
            raise RuntimeError(f"{self.name} failed\n{answer.traceback}")
        return answer


def _run_contender(run: Run, work: Work, connection: Connection, log: Path, flush: bool) -> None:
    with open(log, "wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    torch.set_num_threads(1)
    torch.set_flush_denormal(flush)
    torch.manual_seed(work.seed)
    try:
        run(work, connection)
        raise RuntimeError("the contender stopped working")
    except (EOFError, BrokenPipeError):
        return  # the coordinator has ended
    except BaseException:
        connection.send(Failure(traceback.format_exc()))


def end_all(contenders: Sequence[Contender], wait_s: float = 5.0) -> None:
    """End the processes of all contenders."""
    for each in contenders:
        each.dismiss()
    deadline = time.monotonic() + wait_s
    for each in contenders:
        each.end(max(0.0, deadline - time.monotonic()))


@contextmanager
def _inherited_by_children(variables: Mapping[str, str]) -> Iterator[None]:
    """Let processes started in this context inherit the variables and ignore Ctrl-C, which the coordinator handles."""
    before = dict(os.environ)
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        signal.signal(signal.SIGINT, handler)


def _only_batch(batches: list[Any]) -> Any:
    (batch,) = batches
    return batch
