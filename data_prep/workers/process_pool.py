"""Work in processes, of which any may die or hang without harm to the others.

Every process has a pipe of its own and one item at a time, so when one dies it is certain which item it had in hand.
Pools that share one queue (`concurrent.futures`, `multiprocessing.Pool`, pebble) break as a whole, wait for ever, or
read a torn message when a process is killed at the wrong moment.
"""

import contextlib
import multiprocessing
import os
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection as connections
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from data_prep.operating_system import ignore_interrupts, start_uninterruptible

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How often the clocks are looked at.
TICK_S = 0.5
#: Processes in a row that may die before they are ready: then it is not the work that kills them.
MAX_FAILED_STARTS = 3
#: One thread a process: more only fight over the cores. Read when the libraries are loaded.
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_NOTHING: Any = object()


class WorkerError(RuntimeError):
    """Processes die, and not through the work they are given."""


@dataclass(frozen=True)
class LostTask(Generic[Item]):
    """An item without a result.

    Attributes:
        item: What the process had in hand.
        how: What happened: "died (signal 9)" or "took longer than 600 s".
        limit_s: The time limit, if that was it.
    """

    item: Item
    how: str
    limit_s: float | None = None


def run_in_processes(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    num_workers: int,
    limit_s: Callable[[Item], float] | None = None,
) -> Iterator[Result | LostTask[Item]]:
    """Yield ``function(item)`` for every item as each is done, in no fixed order.

    Args:
        function: A picklable function; what it raises is raised here and ends all.
        items: Its arguments, small; taken as they are needed, so memory is flat however many there are.
        num_workers: How many processes, at least 1; no more are started than there are items.
        limit_s: How long an item may take, in seconds; its process is killed then.

    Yields:
        The result, or `LostTask` for an item whose process died or took too long; a new process takes its place.

    Raises:
        WorkerError: Processes die before they can begin.
    """
    waiting, pickled = iter(items), pickle.dumps(function)
    workers: list[_Worker[Item]] = []
    failed_starts = 0
    try:
        for item in islice(waiting, num_workers):
            workers.append(_Worker(pickled, item))
        while workers:
            for worker, news in _news(workers, limit_s):
                if news is None:
                    worker.begun = time.monotonic()
                elif isinstance(news, LostTask) and worker.begun is None:
                    failed_starts += 1
                    if failed_starts == MAX_FAILED_STARTS:
                        raise WorkerError(f"worker processes do not start; the last one {news.how}")
                    _replace_or_go_on(workers, worker, worker.item, True, pickled)
                else:
                    failed_starts = 0
                    _replace_or_go_on(workers, worker, next(waiting, _NOTHING), isinstance(news, LostTask), pickled)
                    yield news if isinstance(news, LostTask) else news.get()
    finally:
        for worker in workers:
            worker.kill()


@dataclass(frozen=True)
class _Outcome:
    value: Any
    error: BaseException | None = None

    def get(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


class _Worker(Generic[Item]):
    """A process and the item it has in hand.

    Attributes:
        item: The item.
        begun: When it was begun, on the monotonic clock, in seconds; None while the process starts.
        connection: Where news come from: None when the process is ready, and then an `_Outcome` for each item.
    """

    def __init__(self, pickled: bytes, item: Item) -> None:
        # A fresh interpreter ("spawn"): forking a process that has threads (torch, MediaPipe) can deadlock.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(theirs, pickled), daemon=True)
        start_uninterruptible(self.process)
        theirs.close()  # the process holds the only other end: when it dies, whatever way, ours tells
        self.hand(item)
        self.begun: float | None = None

    def hand(self, item: Item) -> None:
        """Give the process its next item."""
        self.item = item
        self.begun = time.monotonic()
        with contextlib.suppress(ConnectionError):  # it is dead, as we shall hear when we listen
            self.connection.send(item)

    def hear(self) -> "_Outcome | LostTask[Item] | None":
        """What the process has to say, or that it is dead."""
        try:
            news: _Outcome | None = self.connection.recv()
            return news
        except (EOFError, OSError):  # the latter where it died amid a message
            self.process.join()
            code = self.process.exitcode or 0
            return LostTask(self.item, f"died (signal {-code})" if code < 0 else f"died (exit code {code})")

    def kill(self) -> None:
        """End the process, whatever it does; it keeps nothing that needs to be put in order."""
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _news(
    workers: list[_Worker[Item]], limit_s: Callable[[Item], float] | None
) -> list[tuple[_Worker[Item], _Outcome | LostTask[Item] | None]]:
    """Wait until something happens; says what, and to whom."""
    talking = connections.wait([worker.connection for worker in workers], TICK_S)
    now = time.monotonic()
    news: list[tuple[_Worker[Item], _Outcome | LostTask[Item] | None]] = []
    for worker in workers:
        if worker.connection in talking:
            news.append((worker, worker.hear()))
        elif limit_s and worker.begun is not None and now - worker.begun > (limit := limit_s(worker.item)):
            news.append((worker, LostTask(worker.item, f"took longer than {round(limit, 1):g} s", limit)))
    return news


def _replace_or_go_on(
    workers: list[_Worker[Item]], worker: _Worker[Item], following: Item, lost: bool, pickled: bytes
) -> None:
    """Hand the following item to the worker, or to a new one if it is lost; without an item, end it."""
    if following is not _NOTHING and not lost:
        worker.hand(following)
        return
    workers.remove(worker)
    worker.kill()
    if following is not _NOTHING:
        workers.append(_Worker(pickled, following))


def _work(connection: Connection, pickled: bytes) -> None:
    """What a process does."""
    ignore_interrupts()
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        function = pickle.loads(pickled)  # loads the libraries, once and for all items
        connection.send(None)
        while True:
            connection.send_bytes(_outcome(function, connection.recv()))
    except (EOFError, ConnectionError):
        pass  # the parent has ended


def _outcome(function: Callable[[Any], Any], item: Any) -> bytes:
    try:
        return pickle.dumps(_Outcome(function(item)))
    except Exception as error:
        error.add_note("in a worker process:\n" + traceback.format_exc())
        try:
            pickle.loads(pickled := pickle.dumps(_Outcome(None, error)))
        except Exception:  # some errors cannot be sent
            return pickle.dumps(_Outcome(None, WorkerError(traceback.format_exc())))
        return pickled


def _end_with_parent() -> None:
    """A parent that is killed cannot end its processes: without this, one that hangs would stay for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connections.wait([parent.sentinel])
        os._exit(1)
