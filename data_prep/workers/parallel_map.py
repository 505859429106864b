"""Work spread over processes, behind a progress bar."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from data_prep.workers.process_pool import LostTask, WorkerError, run_in_processes
from data_prep.workers.progress import track_progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def parallel_map(
    function: Callable[[Item], Result], items: Sequence[Item], num_workers: int, description: str
) -> Iterator[Result]:
    """Yield ``function(item)`` for every item as each is done, in no fixed order, behind a progress bar.

    Args:
        function: A picklable function; what it raises is raised here.
        items: Its arguments.
        num_workers: Processes to use; 0 or 1 works in this process.
        description: What the progress bar says.

    Raises:
        WorkerError: A process died; for work on files of others, see `guarded_map`.
    """
    results = map(function, items) if num_workers <= 1 else run_in_processes(function, items, num_workers)
    for result in track_progress(results, len(items), description):
        if isinstance(result, LostTask):
            raise WorkerError(f"a process {result.how} while {description}")
        yield result
