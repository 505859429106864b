"""Apply a function in worker processes, with a progress bar."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from data_prep.workers.process_pool import LostTask, WorkerError, run_in_processes
from data_prep.workers.progress import track_progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def parallel_map(
    function: Callable[[Item], Result], items: Sequence[Item], num_workers: int, description: str
) -> Iterator[Result]:
    """Yield ``function(item)`` for every item when it is ready, in any order, with a progress bar.

    Args:
        function: Picklable function; its exceptions are raised here.
        items: Arguments of the function.
        num_workers: Number of worker processes; with 0 or 1 the work is done in this process.
        description: Text of the progress bar.

    Raises:
        WorkerError: A process died. For media files, which may cause that, use `guarded_map`.
    """
    results = map(function, items) if num_workers <= 1 else run_in_processes(function, items, num_workers)
    for result in track_progress(results, len(items), description):
        if isinstance(result, LostTask):
            raise WorkerError(f"a worker process {result.how} while {description}")
        yield result
