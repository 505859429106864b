"""Clips to stored signals: what is missing is made, what fails is listed."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.manifest import Clip
from data_prep.media import Media, MediaError
from data_prep.parallel import map_parallel
from data_prep.store import SignalStore, SignalWriter, content_hash, media_key

log = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Prepared:
    """Clips whose signals are in a store.

    Attributes:
        clips: The clips that can be used.
        failures: Those that cannot, with the reason.
        store: Where the signals are.
        keys: The signal's key of each clip, by the clip's id.
    """

    clips: list[Clip]
    failures: list[Failure]
    store: SignalStore
    keys: dict[str, str]

    def signal(self, clip: Clip) -> Signal:
        """The stored signal of a clip."""
        return self.store[self.keys[clip.id]]

    def duration_s(self, clip: Clip) -> float:
        """How long a clip lasts."""
        return self.store.duration_s(self.keys[clip.id])


def prepare(clips: Sequence[Clip], extractor: FeatureExtractor, store_dir: Path, num_workers: int) -> Prepared:
    """Make sure the signal of every clip is in the store; what is there already is not made again.

    Args:
        clips: What to prepare.
        extractor: What to prepare it with; each extractor's signals have a folder of their own.
        store_dir: Where prepared signals live.
        num_workers: Processes to use.

    Returns:
        The clips that can be used, in their order, and the failures.

    Raises:
        InputError: Not one clip can be used.
    """
    if len({clip.id for clip in clips}) < len(clips):
        twice = next(name for name, count in Counter(clip.id for clip in clips).items() if count > 1)
        raise InputError(f"the corpus has two clips with the id {twice!r}; ids must be unique")
    store = SignalStore(store_dir / f"{extractor.modality}-{extractor.signal_fingerprint()}")
    keys, reasons = _keys(clips)
    missing = {keys[clip.id]: clip.media for clip in clips if clip.id in keys and keys[clip.id] not in store}
    if missing:
        failed_keys = _extract(missing, extractor, store, num_workers)
        for clip in clips:
            if (key := keys.get(clip.id)) in failed_keys:
                # Clips of equal content share a key, so the reason may name another's file.
                reasons[clip.id] = failed_keys[key].replace(str(missing[key].path), str(clip.path))
    failures = [Failure(clip.id, str(clip.path), reasons[clip.id]) for clip in clips if clip.id in reasons]
    usable = [clip for clip in clips if clip.id not in reasons]
    if not usable and failures:
        raise InputError(f"none of the {len(clips)} clips can be used; the first: {failures[0].reason}")
    if failures:
        log.warning("%d of %d clips cannot be used; the first: %s", len(failures), len(clips), failures[0].reason)
    return Prepared(usable, failures, store, keys)


def _keys(clips: Sequence[Clip]) -> tuple[dict[str, str], dict[str, str]]:
    keys: dict[str, str] = {}
    reasons: dict[str, str] = {}
    contents: dict[Path, str] = {}  # a long recording with many clips is read once
    for clip in clips:
        try:
            if clip.path not in contents:
                contents[clip.path] = content_hash(clip.path)
            keys[clip.id] = media_key(clip.media, contents[clip.path])
        except MediaError as error:
            reasons[clip.id] = str(error)
    return keys, reasons


def _extract(
    missing: dict[str, Media], extractor: FeatureExtractor, store: SignalStore, num_workers: int
) -> dict[str, str]:
    """Make the missing signals; returns the reasons of those that failed, by key."""
    reasons = {}
    extractor.get_ready()
    work = partial(attempt, extractor.signal)
    # Not worth starting processes for a handful of clips.
    workers = min(num_workers, len(missing) // 8)
    with SignalWriter(store) as writer:
        for key, result in map_parallel(work, list(missing.items()), workers, "preparing clips"):
            if isinstance(result, Signal):
                writer.add(key, result)
            else:
                reasons[key] = result
    return reasons


def attempt(function: Callable[[Media], Result], item: tuple[str, Media]) -> tuple[str, Result | str]:
    """What `function` gives for one media file, or why it gives nothing; never raises for what is wrong with it.

    Raises:
        InputError: What is wrong would be wrong for every file: the hand tracker's model cannot be fetched.
    """
    key, media = item
    try:
        return key, function(media)
    except MediaError as error:
        return key, str(error)
    except InputError:
        raise
    except Exception as error:  # a decoder's own fault on a hostile file must cost that file alone
        log.debug("unexpected failure on %s", media.path, exc_info=True)
        return key, f"{media.path}: {type(error).__name__}: {error}"
