"""A progress bar on stderr, and work spread over processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")
Result = TypeVar("Result")


def progress_bar() -> Progress:
    """The bar every long step shows: what is being done, how far it is, how long it took and will take."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def map_parallel(
    function: Callable[[Item], Result], items: Sequence[Item], num_workers: int, description: str
) -> Iterator[Result]:
    """Yield ``function(item)`` for every item as each is done, in no fixed order, behind a progress bar.

    Args:
        function: A picklable function; what it raises is raised here, so work that may fail returns its failure.
        items: Its arguments.
        num_workers: Processes to use; 0 or 1 works in this process.
        description: What the progress bar says.
    """
    with progress_bar() as progress:
        task = progress.add_task(description, total=len(items))
        results = map(function, items) if num_workers <= 1 else _map_processes(function, items, num_workers)
        for result in results:
            progress.advance(task)
            yield result


def _map_processes(function: Callable[[Item], Result], items: Iterable[Item], num_workers: int) -> Iterator[Result]:
    # Fresh interpreters ("spawn"): forking a process that has threads (torch, MediaPipe) can deadlock.
    context = multiprocessing.get_context("spawn")
    waiting = iter(items)
    with ProcessPoolExecutor(num_workers, mp_context=context, initializer=_single_thread) as pool:
        # A short queue keeps memory flat however many items there are.
        pending: set[Future[Result]] = {pool.submit(function, item) for item in islice(waiting, 4 * num_workers)}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                pending |= {pool.submit(function, item) for item in islice(waiting, len(done))}
                for future in done:
                    yield future.result()
        finally:
            for future in pending:
                future.cancel()


def _single_thread() -> None:
    # One thread a process: more only fight over the cores.
    os.environ["OMP_NUM_THREADS"] = "1"
