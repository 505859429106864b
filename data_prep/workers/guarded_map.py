"""Apply a function to media files, any of which may be broken, or may hang or kill the process that decodes it."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from data_prep.errors import InputError
from data_prep.media import Media, MediaError
from data_prep.workers.process_pool import LostTask, run_in_processes

log = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Time limit of a clip in seconds, and its increase for each megabyte of the file. On a slow core, tracking hands takes
#: about as long as the video plays, and a megabyte of video can play for two minutes.
LIMIT_S = 600.0
LIMIT_S_PER_MB = 240.0
#: Fewer clips than this do not justify another process, because starting one takes seconds.
CLIPS_PER_WORKER = 8


@dataclass(frozen=True)
class MediaFailure:
    """The reason why a media file has no result.

    Attributes:
        reason: What is wrong and how to fix it.
        seconds: Time it took to fail.
        lasting: Whether the file itself is likely at fault, so that another attempt would fail too.
    """

    reason: str
    seconds: float = 0.0
    lasting: bool = False


def guarded_map(
    function: Callable[[Media], Result], items: Sequence[tuple[str, Media]], num_workers: int
) -> Iterator[tuple[str, Result | MediaFailure]]:
    """Apply a function to media files in worker processes; yield each result, or the failure, when it is ready.

    Args:
        function: Picklable function of a media file.
        items: Pairs of a key and a media file.
        num_workers: Most worker processes to use. With 0, the work is done in this process, which then dies if a
            decoder crashes and waits for ever if one hangs.

    Yields:
        The key and the result or failure of each item, in any order.

    Raises:
        InputError: The function fails in a way that would affect every file.
        WorkerError: No process can be started.
    """
    work: partial[tuple[str, Result | MediaFailure]] = partial(guarded_call, function)
    if num_workers == 0:
        yield from map(work, items)
        return
    processes = min(num_workers, -(-len(items) // CLIPS_PER_WORKER))
    for result in run_in_processes(work, items, max(processes, 1), time_limit_s):
        yield _describe_loss(result) if isinstance(result, LostTask) else result


def _describe_loss(lost: LostTask[tuple[str, Media]]) -> tuple[str, MediaFailure]:
    key, media = lost.item
    if lost.limit_s is not None:
        reason = f"{media.path}: decoding {lost.how} and was stopped; the file may be corrupt"
        return key, MediaFailure(reason, lost.limit_s, lasting=True)
    # Another attempt may succeed: a system short of memory may have killed a process that was not to blame.
    reason = f"{media.path}: the process decoding it {lost.how}; the file may be corrupt or too large for memory"
    return key, MediaFailure(reason)


def time_limit_s(item: tuple[str, Media]) -> float:
    """Return the time limit of an item in seconds."""
    try:
        return LIMIT_S + LIMIT_S_PER_MB * item[1].path.stat().st_size / 1e6
    except OSError:
        return LIMIT_S


def guarded_call(function: Callable[[Media], Result], item: tuple[str, Media]) -> tuple[str, Result | MediaFailure]:
    """Apply a function to one media file, and return its key with the result, or with the failure if it raises.

    Raises:
        InputError: The function fails in a way that would affect every file, for example because the hand tracker's
            model cannot be fetched.
    """
    key, media = item
    began = time.monotonic()
    try:
        return key, function(media)
    except MediaError as error:
        return key, MediaFailure(str(error), time.monotonic() - began, lasting=True)
    except InputError:
        raise
    except Exception as error:  # a bug in a decoder must cost only the file that triggers it
        log.debug("unexpected failure on %s", media.path, exc_info=True)
        return key, MediaFailure(f"{media.path}: {type(error).__name__}: {error}")
