"""A pool of worker processes in which one process can die or hang without harm to the others.

Every process has its own pipe and one task at a time, so it is always certain which task a dead process was working on.
Log messages of the processes are passed on to the log of this one, each only once, however many processes give it.
"""

import contextlib
import logging
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

#: Seconds between checks of the time limits.
TICK_S = 0.5
#: After this many processes in a row have died while starting, the fault is not in the tasks.
MAX_FAILED_STARTS = 3
#: Variables that limit numerical libraries to one thread per process; the libraries read them when they are loaded.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


class WorkerError(RuntimeError):
    """Worker processes die for a reason other than the tasks they are given."""


@dataclass(frozen=True)
class LostTask(Generic[Item]):
    """A task without a result, because its process died or took too long.

    Attributes:
        item: Argument of the task.
        how: What happened, such as "died (signal 9)" or "took longer than 600 s".
        limit_s: The time limit in seconds that was exceeded; None if the process died.
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
    """Yield ``function(item)`` for every item when it is ready, in any order.

    Args:
        function: Picklable function; an exception it raises is raised here and ends all work.
        items: Arguments of the function. They are taken only when a process is free, so memory use does not grow with
            their number.
        num_workers: Number of processes, at least 1; no more are started than there are items.
        limit_s: Returns the time limit of an item in seconds. The process of an item that takes longer is killed.

    Yields:
        The result of each item, or a `LostTask` if its process died or was killed; a new process replaces that one.

    Raises:
        WorkerError: Processes die before they are ready to work.
    """
    waiting, pickled = iter(items), pickle.dumps(function)
    workers: list[_Worker[Item]] = []
    logged: set[_LogEntry] = set()
    failed_starts = 0
    try:
        for item in islice(waiting, num_workers):
            workers.append(_Worker(pickled, item))
        while workers:
            for worker, message in _wait_for_messages(workers, limit_s):
                if isinstance(message, _Ready):
                    worker.started_at = time.monotonic()
                elif isinstance(message, LostTask) and worker.started_at is None:
                    failed_starts += 1
                    if failed_starts == MAX_FAILED_STARTS:
                        raise WorkerError(f"worker processes do not start; the last one {message.how}")
                    _replace(workers, worker, iter([worker.item]), pickled)
                elif isinstance(message, LostTask):
                    failed_starts = 0
                    _replace(workers, worker, waiting, pickled)
                    yield message
                else:
                    failed_starts = 0
                    _assign_next(workers, worker, waiting)
                    _log_new(message.log, logged)
                    yield message.result()
    finally:
        for worker in workers:
            worker.kill()


@dataclass(frozen=True)
class _Ready:
    """Message of a process that has loaded the function."""


@dataclass(frozen=True)
class _LogEntry:
    """A log message of a process."""

    logger: str
    level: int
    text: str


@dataclass(frozen=True)
class _Returned:
    """Message of a process whose function returned, and what was logged meanwhile."""

    value: Any
    log: tuple[_LogEntry, ...]

    def result(self) -> Any:
        return self.value


@dataclass(frozen=True)
class _Raised:
    """Message of a process whose function raised, and what was logged meanwhile."""

    error: BaseException
    log: tuple[_LogEntry, ...]

    def result(self) -> Any:
        raise self.error


_Message = _Ready | _Returned | _Raised


class _Worker(Generic[Item]):
    """A process and the item it is working on.

    Attributes:
        item: Current item.
        started_at: Time at which work on the item began, on the monotonic clock; None while the process starts.
        connection: Pipe to the process, which sends `_Ready` once and then a message for each item.
    """

    def __init__(self, pickled: bytes, item: Item) -> None:
        # A fresh interpreter ("spawn"), because forking a process with threads (torch, MediaPipe) can deadlock.
        context = multiprocessing.get_context("spawn")
        self.connection, child_end = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(child_end, pickled), daemon=True)
        start_uninterruptible(self.process)
        child_end.close()  # now only the process holds this end, so its death closes the pipe
        self.assign(item)
        self.started_at: float | None = None

    def assign(self, item: Item) -> None:
        """Send the process its next item."""
        self.item = item
        self.started_at = time.monotonic()
        with contextlib.suppress(ConnectionError):  # the worker died; receive() will report it
            self.connection.send(item)

    def receive(self) -> "_Message | LostTask[Item]":
        """Return the next message of the process, or the loss of its item if it has died."""
        try:
            message: _Message = self.connection.recv()
            return message
        except (EOFError, OSError):  # OSError if the process died while sending
            self.process.join()
            code = self.process.exitcode or 0
            return LostTask(self.item, f"died (signal {-code})" if code < 0 else f"died (exit code {code})")

    def kill(self) -> None:
        """End the process immediately; it has no state worth saving."""
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _wait_for_messages(
    workers: list[_Worker[Item]], limit_s: Callable[[Item], float] | None
) -> list[tuple[_Worker[Item], _Message | LostTask[Item]]]:
    """Wait for messages for at most `TICK_S`, and check the time limits of the workers that sent none."""
    readable = connections.wait([worker.connection for worker in workers], TICK_S)
    now = time.monotonic()
    messages: list[tuple[_Worker[Item], _Message | LostTask[Item]]] = []
    for worker in workers:
        if worker.connection in readable:
            messages.append((worker, worker.receive()))
        elif limit_s and worker.started_at is not None and now - worker.started_at > (limit := limit_s(worker.item)):
            messages.append((worker, LostTask(worker.item, f"took longer than {round(limit, 1):g} s", limit)))
    return messages


def _log_new(entries: Iterable[_LogEntry], logged: set[_LogEntry]) -> None:
    """Log the messages of a process that no process has given before."""
    for entry in entries:
        if entry not in logged:
            logged.add(entry)
            logging.getLogger(entry.logger).log(entry.level, "%s", entry.text)


class _LogCollector(logging.Handler):
    """Keeps the log messages of a worker process until they are taken."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[_LogEntry] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._entries.append(_LogEntry(record.name, record.levelno, record.getMessage()))

    def take(self) -> tuple[_LogEntry, ...]:
        entries, self._entries = tuple(self._entries), []
        return entries


def _assign_next(workers: list[_Worker[Item]], worker: _Worker[Item], waiting: Iterator[Item]) -> None:
    """Give a worker the next item, or end it if there is none."""
    for item in waiting:
        worker.assign(item)
        return
    workers.remove(worker)
    worker.kill()


def _replace(workers: list[_Worker[Item]], worker: _Worker[Item], waiting: Iterator[Item], pickled: bytes) -> None:
    """End a worker, and start another one with the next item if there is one."""
    workers.remove(worker)
    worker.kill()
    for item in waiting:
        workers.append(_Worker(pickled, item))
        return


def _work(connection: Connection, pickled: bytes) -> None:
    """Run the function on one item after the other; the main function of a worker process."""
    ignore_interrupts()
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    log = _LogCollector()
    logging.getLogger().addHandler(log)
    try:
        function = pickle.loads(pickled)  # also imports the libraries, once for all items
        connection.send(_Ready())
        while True:
            connection.send_bytes(_call(function, connection.recv(), log))
    except (EOFError, ConnectionError):
        pass  # the parent has ended


def _call(function: Callable[[Any], Any], item: Any, log: _LogCollector) -> bytes:
    """Call the function and return the pickled message about it."""
    try:
        return pickle.dumps(_Returned(function(item), log.take()))
    except Exception as error:
        error.add_note("in a worker process:\n" + traceback.format_exc())
        try:
            pickle.loads(pickled := pickle.dumps(_Raised(error, log.take())))
        except Exception:  # some exceptions cannot be pickled or unpickled
            return pickle.dumps(_Raised(WorkerError(traceback.format_exc()), ()))
        return pickled


def _exit_with_parent() -> None:
    """Wait for the parent to end, then exit; a parent that is killed cannot end workers that hang."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connections.wait([parent.sentinel])
        os._exit(1)
