"""Prepare clips: extract the signals that the store lacks, and list the clips that fail."""

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
from data_prep.store.opening import Store, local_folders, open_store, open_writer
from data_prep.store.remote_store import RemoteStore
from data_prep.store.signal_store import SignalStore
from data_prep.streaming.file_cache import default_cache
from data_prep.streaming.media_content import find_contents, with_contents
from data_prep.streaming.media_paths import path_text
from data_prep.streaming.remote_media import MediaFetcher
from data_prep.workers.guarded_map import guarded_map
from data_prep.workers.progress import ClipProgress

log = logging.getLogger(__name__)

HASHES_NAME = "content_hashes.jsonl"
FAILURES_NAME = "failures.jsonl"
#: A clip that took longer than this to fail, in seconds, is not tried again.
SLOW_FAILURE_S = 1.0


@dataclass(frozen=True)
class Prepared:
    """Clips and the store that holds their signals.

    Attributes:
        clips: The usable clips; each has a signal in the store.
        failures: The clips that could not be used, with reasons.
        store: The store of signals.
        keys: Key of each clip's signal in the store, by clip id.
    """

    clips: list[Clip]
    failures: list[Failure]
    store: Store
    keys: dict[str, str]

    def signal(self, clip: Clip) -> Signal:
        """Read the signal of a clip from the store."""
        return self.store[self.keys[clip.id]]

    def lone_signal(self, clip: Clip) -> Signal:
        """Read the signal of a clip whose neighbours are not needed, without fetching their shard from a storage."""
        key = self.keys[clip.id]
        return self.store.read_alone(key) if isinstance(self.store, RemoteStore) else self.store[key]

    def duration_s(self, clip: Clip) -> float:
        """Return the duration of a clip in seconds, without reading its signal."""
        return self.store.duration_s(self.keys[clip.id])


def prepare(
    clips: Sequence[Clip],
    extractor: FeatureExtractor,
    store_dir: Path,
    num_workers: int,
    given_up: Mapping[str, str] | None = None,
) -> Prepared:
    """Extract the signal of every clip that is not in the store yet.

    If the process or the machine dies, all but the last seconds of work is kept and the next call continues from there.
    Two processes may safely prepare the same clips at once, although each of them then does all the work.

    Args:
        clips: Clips to prepare; their ids must be unique.
        extractor: Feature extractor; each extractor with its settings has a folder of its own in the store.
        store_dir: Folder of the stores, created if missing; or the path that stands for its URL.
        num_workers: Number of worker processes. If a worker dies or hangs, only its clip fails. With 0 this process
            does the work itself, and dies or hangs with the decoder.
        given_up: Reasons for clips, by id, that another process could not use. Unless their signals are in the store
            by now, they are not tried again.

    Returns:
        The usable clips in their order, and the failures. If the store is at a URL, the clips tell what identifies the
        content of their media, so that their manifest can be used where the media are not. Clips that took long to fail
        are remembered on disk and not tried again; the others are tried again in each call.

    Raises:
        InputError: Two clips have the same id, or no clip can be used.
    """
    prepared = prepare_part(clips, extractor, store_dir, num_workers, given_up)
    if isinstance(prepared.store, SignalStore):
        compact_shards(prepared.store)
    failures = prepared.failures
    if failures and not prepared.clips:
        raise InputError(f"none of the {len(clips)} clips can be used; the first: {failures[0].reason}")
    if failures:
        log.warning("%d of %d clips cannot be used; the first: %s", len(failures), len(clips), failures[0].reason)
    return prepared


def prepare_part(
    clips: Sequence[Clip],
    extractor: FeatureExtractor,
    store_dir: Path,
    num_workers: int,
    given_up: Mapping[str, str] | None = None,
) -> Prepared:
    """Extract the signals of a part of a corpus, all of whose clips may fail; see `prepare`.

    The shards of the store stay as they are: of several processes that prepare parts, one merges small shards later.
    """
    _check_unique_ids(clips)
    store = open_store(store_dir, f"{extractor.modality}-{extractor.signal_fingerprint()}")
    folders = local_folders(store_dir, store)
    for folder in folders:
        remove_stale_partials(folder)
    contents = find_contents(clips, ContentHashCache(folders[0] / HASHES_NAME))
    keys, reasons = _find_keys(clips, contents)
    if isinstance(store, RemoteStore):
        clips = with_contents(clips, contents)
    lacking = [clip for clip in clips if clip.id in keys and keys[clip.id] not in store]
    reasons |= {clip.id: given_up[clip.id] for clip in lacking if given_up and clip.id in given_up}
    missing = {keys[clip.id]: clip.media for clip in lacking if clip.id not in reasons}
    failed = _extract(missing, extractor, store, num_workers)
    for clip in clips:
        if (key := keys.get(clip.id)) in failed:
            # Clips with equal content share a key, so the reason may name another clip's file.
            reasons[clip.id] = failed[key].reason.replace(failed[key].path, path_text(clip.path))
    failures = [Failure(clip.id, path_text(clip.path), reasons[clip.id]) for clip in clips if clip.id in reasons]
    return Prepared([clip for clip in clips if clip.id not in reasons], failures, store, keys)


def _check_unique_ids(clips: Sequence[Clip]) -> None:
    counts = Counter(clip.id for clip in clips)
    for clip in clips:
        if counts[clip.id] > 1:
            raise InputError(f"duplicate id {clip.id!r} ({counts[clip.id]} clips have it); give each clip a unique id")


def _find_keys(
    clips: Sequence[Clip], contents: Mapping[str, str | MediaError]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the store key of each clip, and the reason for each clip whose file cannot be read, by clip id."""
    keys: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for clip in clips:
        content = contents[clip.id]
        if isinstance(content, MediaError):
            reasons[clip.id] = str(content)
        else:
            keys[clip.id] = media_key(clip.media, content)
    return keys, reasons


def _extract(
    missing: Mapping[str, Media], extractor: FeatureExtractor, store: Store, num_workers: int
) -> dict[str, Failure]:
    """Extract the missing signals into the store, and return the failures by key.

    Args:
        missing: Media of the signals to extract, by key.
        extractor: Feature extractor.
        store: Receives the signals.
        num_workers: Number of worker processes; 0 for this process.
    """
    notes = store.folder if isinstance(store, SignalStore) else store.local_folder
    known = KnownFailures(notes / FAILURES_NAME)
    failed = {key: failure for key, failure in known.failures.items() if key in missing}
    if failed:
        text = "skipping %d clip(s) that took long to fail in an earlier run; to try them again, remove %s"
        log.warning(text, len(failed), known.path)
    items = [(key, media) for key, media in missing.items() if key not in failed]
    if not items:
        return failed
    extractor.get_ready([media for _, media in items])
    fetcher = MediaFetcher(extractor, default_cache())
    with open_writer(store) as writer, ClipProgress(len(items), "preparing clips") as progress:
        items = [item for item in items if item[0] not in store]  # the writer may have found signals of a dead process
        for key, result in guarded_map(fetcher.signal, items, num_workers):
            if isinstance(result, Signal):
                writer.add(key, result)
                progress.add(result.duration_s)
            else:
                failed[key] = Failure(key, path_text(missing[key].path), result.reason)
                progress.add(None)
                if result.lasting and result.seconds > SLOW_FAILURE_S:
                    known.add(failed[key])
    return failed
