"""Clips to stored signals: what is missing is made, what fails is listed."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.atomic import remove_stale_partials
from data_prep.errors import InputError
from data_prep.failures import Failure, KnownFailures
from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.manifest import Clip
from data_prep.media import Media, MediaError
from data_prep.store.compaction import compact_shards
from data_prep.store.content_hash import ContentHashCache, media_key
from data_prep.store.signal_store import SignalStore, SignalWriter
from data_prep.workers.guarded_map import guarded_map
from data_prep.workers.progress import ClipProgress

log = logging.getLogger(__name__)

HASHES_NAME = "content_hashes.jsonl"
FAILURES_NAME = "failures.jsonl"
#: A clip that took longer than this to fail is not tried again.
SLOW_FAILURE_S = 1.0


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

    Whatever kills it, or the machine, what was done but for the last seconds is kept, and another call goes on. Two
    processes may prepare the same clips at once; both do all the work then, and nothing is harmed.

    Args:
        clips: What to prepare.
        extractor: What to prepare it with; each extractor's signals have a folder of their own.
        store_dir: Where prepared signals live.
        num_workers: Processes to use. A clip whose process dies or hangs is a failure; with 0, all is done in this
            process, which then dies or hangs itself.

    Returns:
        The clips that can be used, in their order, and the failures. Failures that took long to find out are
        remembered in the store's folder; others are tried again each time.

    Raises:
        InputError: Not one clip can be used.
    """
    _check_ids(clips)
    store = SignalStore(store_dir / f"{extractor.modality}-{extractor.signal_fingerprint()}")
    for folder in (store_dir, store.folder):
        remove_stale_partials(folder)
    keys, reasons = _keys(clips, ContentHashCache(store_dir / HASHES_NAME))
    missing = {keys[clip.id]: clip.media for clip in clips if clip.id in keys and keys[clip.id] not in store}
    failed = _make(missing, extractor, store, num_workers)
    compact_shards(store)
    for clip in clips:
        if (key := keys.get(clip.id)) in failed:
            # Clips of equal content share a key, so the reason may name another's file.
            reasons[clip.id] = failed[key].reason.replace(failed[key].path, str(clip.path))
    failures = [Failure(clip.id, str(clip.path), reasons[clip.id]) for clip in clips if clip.id in reasons]
    usable = [clip for clip in clips if clip.id not in reasons]
    if not usable and failures:
        raise InputError(f"none of the {len(clips)} clips can be used; the first: {failures[0].reason}")
    if failures:
        log.warning("%d of %d clips cannot be used; the first: %s", len(failures), len(clips), failures[0].reason)
    return Prepared(usable, failures, store, keys)


def _check_ids(clips: Sequence[Clip]) -> None:
    twice = [name for name, count in Counter(clip.id for clip in clips).items() if count > 1]
    if twice:
        raise InputError(f"the corpus has two clips with the id {twice[0]!r}; ids must be unique")


def _keys(clips: Sequence[Clip], hashes: ContentHashCache) -> tuple[dict[str, str], dict[str, str]]:
    """The key of each clip by its id, and the reasons of those whose files cannot be read."""
    keys: dict[str, str] = {}
    reasons: dict[str, str] = {}
    contents = hashes.lookup([clip.path for clip in clips])  # a long recording with many clips is read once
    for clip in clips:
        content = contents[clip.path]
        if isinstance(content, MediaError):
            reasons[clip.id] = str(content)
        else:
            keys[clip.id] = media_key(clip.media, content)
    return keys, reasons


def _make(
    missing: Mapping[str, Media], extractor: FeatureExtractor, store: SignalStore, num_workers: int
) -> dict[str, Failure]:
    """Make the missing signals; returns those that failed, by key."""
    known = KnownFailures(store.folder / FAILURES_NAME)
    failed = {key: failure for key, failure in known.failures.items() if key in missing}
    if failed:
        text = "%d of the clips failed in an earlier run, after long work; to try them again, remove %s"
        log.warning(text, len(failed), known.path)
    items = [(key, media) for key, media in missing.items() if key not in failed]
    if not items:
        return failed
    extractor.get_ready([media for _, media in items])
    with SignalWriter(store) as writer, ClipProgress(len(items), "preparing clips") as progress:
        for key, result in guarded_map(extractor.signal, items, num_workers):
            if isinstance(result, Signal):
                writer.add(key, result)
                progress.add(result.duration_s)
            else:
                failed[key] = Failure(key, str(missing[key].path), result.reason)
                progress.add(None)
                if result.lasting and result.seconds > SLOW_FAILURE_S:
                    known.add(failed[key])
    return failed
