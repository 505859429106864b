"""What a teacher says of clips, computed once and kept in a store."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_prep.atomic import remove_stale_partials
from data_prep.errors import InputError
from data_prep.features.extractor import Signal, fingerprint
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.store.compaction import compact_shards
from data_prep.store.signal_store import SignalStore, SignalWriter
from data_prep.workers.progress import ClipProgress
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.training.distillation.transfer import Transfer
from recognizers.vocabulary import Vocabulary

#: Changes whenever the same teacher would give other targets.
VERSION = 1
#: Clips whose features are held in memory at once.
CHUNK_CLIPS = 64
#: A process that waits for another gives up when no target was added for this long, in seconds.
PATIENCE_S = 900.0


class TeacherTargets:
    """The targets of clips, in a folder of the store that depends on the teacher and on what is transferred.

    Clips with equal recordings share a target, so that one made for another training serves again.

    Args:
        store_dir: Folder of the stores.
        teacher: Hash of the teacher; see `fingerprint_files`.
        transfer: What is transferred.
        vocabulary: The student's symbols.
        keys: Key of each clip's recording, by clip id, as in `Prepared`.
    """

    def __init__(
        self, store_dir: Path, teacher: str, transfer: Transfer, vocabulary: Vocabulary, keys: dict[str, str]
    ) -> None:
        self.fingerprint = fingerprint(
            version=VERSION, teacher=teacher, transfer=transfer.name, symbols=list(vocabulary.symbols)
        )
        self.transfer = transfer
        self.vocabulary = vocabulary
        self.keys = keys
        self._store = SignalStore(store_dir / f"teacher-{self.fingerprint}")

    def __contains__(self, clip_id: str) -> bool:
        return self.keys.get(clip_id, "") in self._store

    def __getitem__(self, clip_id: str) -> np.ndarray:
        return self._store[self.keys[clip_id]].values

    def compute(self, teacher: ClipPredictor, prepared: Prepared, clips: Sequence[Clip]) -> None:
        """Compute what is missing. If the process dies, all but the last seconds of work is kept.

        Chunks are always the same, and computed whole, so that interrupted work ends with exactly the same targets.

        Args:
            teacher: The teacher.
            prepared: Its signals of the clips.
            clips: The clips.
        """
        remove_stale_partials(self._store.folder)
        chunks = [clips[start : start + CHUNK_CLIPS] for start in range(0, len(clips), CHUNK_CLIPS)]
        chunks = [chunk for chunk in chunks if not all(clip.id in self for clip in chunk)]
        if not chunks:
            return
        with (
            SignalWriter(self._store) as writer,
            ClipProgress(sum(map(len, chunks)), "asking the teacher") as progress,
        ):
            for chunk in chunks:
                frames = [teacher.extractor.frames(prepared.signal(clip)) for clip in chunk]
                targets = self.transfer.targets(teacher, self.vocabulary, frames)
                for clip, target in zip(chunk, targets, strict=True):
                    if clip.id not in self:
                        writer.add(self.keys[clip.id], Signal(target, 1.0))
                    progress.add(prepared.duration_s(clip))
        compact_shards(self._store)

    def wait(self, clips: Sequence[Clip]) -> None:
        """Wait until another process has computed the targets of clips.

        Raises:
            InputError: It has not added any for `PATIENCE_S`.
        """
        missing, since = len(clips), time.monotonic()
        while left := sum(clip.id not in self for clip in clips):
            if left < missing:
                missing, since = left, time.monotonic()
            elif time.monotonic() - since > PATIENCE_S:
                raise InputError(
                    f"the first process has added no teacher's target to {self._store.folder} for {PATIENCE_S:.0f} s "
                    f"({left} are missing); see its messages, and check that all processes see the same store_dir"
                )
            time.sleep(0.5)
            self._store.refresh()


def fingerprint_files(files: Sequence[Path]) -> str:
    """Hash the contents of a recognizer's files."""
    digest = hashlib.sha256()
    for file in files:
        with open(file, "rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:16]
