"""Work on files of others, of which any may be broken, hang or kill the process that decodes it."""

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

#: How long a clip may take: so long, and so much more for each megabyte of its file. Tracking hands on a slow core
#: takes about as long as the video lasts, and a megabyte may last two minutes.
LIMIT_S = 600.0
LIMIT_S_PER_MB = 240.0
#: One process is enough for so many clips: starting one takes seconds.
CLIPS_A_WORKER = 8


@dataclass(frozen=True)
class MediaFailure:
    """Why a media file gave nothing.

    Attributes:
        reason: What was wrong and how to mend it.
        seconds: How long it took to find that out.
        lasting: Whether it is the file's own fault, as far as can be told, so that another attempt is in vain.
    """

    reason: str
    seconds: float = 0.0
    lasting: bool = False


def guarded_map(
    function: Callable[[Media], Result], items: Sequence[tuple[str, Media]], num_workers: int
) -> Iterator[tuple[str, Result | MediaFailure]]:
    """What `function` gives for each of many media files, or why it gives nothing, as each is done.

    Args:
        function: A picklable function.
        items: The media and what to call them.
        num_workers: How many processes at most. With 0, all is done in this process, which then dies with a decoder
            that crashes, and waits for ever for one that hangs.

    Raises:
        InputError: What is wrong would be wrong for every file.
        WorkerError: No process can be started.
    """
    work: partial[tuple[str, Result | MediaFailure]] = partial(guarded_call, function)
    if num_workers == 0:
        yield from map(work, items)
        return
    processes = min(num_workers, -(-len(items) // CLIPS_A_WORKER))
    for result in run_in_processes(work, items, max(processes, 1), time_limit_s):
        yield _refused(result) if isinstance(result, LostTask) else result


def _refused(lost: LostTask[tuple[str, Media]]) -> tuple[str, MediaFailure]:
    key, media = lost.item
    if lost.limit_s is not None:
        reason = f"{media.path}: decoding it {lost.how} and was given up; the file may be corrupt"
        return key, MediaFailure(reason, lost.limit_s, lasting=True)
    # Not lasting: where memory is short, the process that is killed need not be the one to blame.
    reason = f"{media.path}: the process that decoded it {lost.how}; the file may be corrupt or too large for memory"
    return key, MediaFailure(reason)


def time_limit_s(item: tuple[str, Media]) -> float:
    """How long a clip may take, in seconds."""
    try:
        return LIMIT_S + LIMIT_S_PER_MB * item[1].path.stat().st_size / 1e6
    except OSError:
        return LIMIT_S


def guarded_call(function: Callable[[Media], Result], item: tuple[str, Media]) -> tuple[str, Result | MediaFailure]:
    """What `function` gives for one media file, or why it gives nothing; never raises for what is wrong with it.

    Raises:
        InputError: What is wrong would be wrong for every file: the hand tracker's model cannot be fetched.
    """
    key, media = item
    began = time.monotonic()
    try:
        return key, function(media)
    except MediaError as error:
        return key, MediaFailure(str(error), time.monotonic() - began, lasting=True)
    except InputError:
        raise
    except Exception as error:  # a decoder's own fault on a hostile file must cost that file alone
        log.debug("unexpected failure on %s", media.path, exc_info=True)
        return key, MediaFailure(f"{media.path}: {type(error).__name__}: {error}")
