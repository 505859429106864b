"""Ways from sound files to features on disk: this project's and others'.

All make 40 MFCC of 80 mel bands, from windows of 25 ms every 10 ms at 16 kHz.
"""

import logging
import tempfile
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from benchmarks.pacing import paced
from benchmarks.sounds import RATE_HZ, Sounds
from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from data_prep.media import Media
from data_prep.store.content_hash import content_hash, media_key
from data_prep.store.signal_store import SignalStore, SignalWriter

#: Works off the files given first; what it writes goes into the folder given second.
Way = Callable[[Sequence[Path], Path], None]
NUM_COEFFICIENTS, NUM_MELS = 40, 80


def ours(paths: Sequence[Path], folder: Path) -> None:
    """Waveforms into the store; features of each out of it, as when batches are made."""
    _store_then_compute({str(path): path for path in paths}, folder)


def ours_keyed(paths: Sequence[Path], folder: Path) -> None:
    """The same, by the hash of each file's content, as `prepare` does."""
    _store_then_compute({media_key(Media(path), content_hash(path)): path for path in paths}, folder)


def ours_written(paths: Sequence[Path], folder: Path) -> None:
    """Waveforms are not kept, but the features are, in a store of their own."""
    mfcc = Mfcc(num_coefficients=NUM_COEFFICIENTS, num_mels=NUM_MELS)
    with SignalWriter(SignalStore(folder)) as writer:
        for path in paths:
            frames = mfcc(Media(path))
            writer.add(str(path), Signal(frames.values, frames.frame_rate_hz))


def decoding(paths: Sequence[Path], folder: Path) -> None:
    """Only the first part of this project's way."""
    for path in paths:
        Mfcc().signal(Media(path))


def by_lhotse(paths: Sequence[Path], folder: Path) -> None:
    """`compute_and_store_features` with one job; what a manifest must know of each file is read as well."""
    from lhotse import CutSet, LilcomChunkyWriter, MfccConfig, Recording
    from lhotse import Mfcc as TheirMfcc

    cuts = CutSet.from_cuts(Recording.from_file(path).to_cut() for path in paths)
    extractor = TheirMfcc(MfccConfig(num_ceps=NUM_COEFFICIENTS, num_filters=NUM_MELS))
    cuts.compute_and_store_features(
        extractor, folder / "features", num_jobs=1, storage_type=LilcomChunkyWriter, progress_bar=False
    )


def by_librosa(paths: Sequence[Path], folder: Path) -> None:
    """`load`, `feature.mfcc` and a .npy file a clip."""
    import librosa

    for path in paths:
        samples, _ = librosa.load(path, sr=None)
        features = librosa.feature.mfcc(
            y=samples,
            sr=RATE_HZ,
            n_mfcc=NUM_COEFFICIENTS,
            n_mels=NUM_MELS,
            n_fft=512,
            win_length=400,
            hop_length=160,
        )
        np.save(folder / f"{path.stem}.npy", features.T)


def take_turns(way: Way, sounds: Sounds, connection: Connection) -> None:
    """Work off files when told to; what was written is thrown away after each turn."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    items = sounds.items()

    def process(indices: Sequence[int]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            way([items[index][0] for index in indices], Path(folder))

    paced([duration_s for _, duration_s in items], process, connection)


def _store_then_compute(paths: dict[str, Path], folder: Path) -> None:
    mfcc = Mfcc(num_coefficients=NUM_COEFFICIENTS, num_mels=NUM_MELS)
    store = SignalStore(folder)
    with SignalWriter(store) as writer:
        for key, path in paths.items():
            writer.add(key, mfcc.signal(Media(path)))
    for key in paths:
        mfcc.frames(store[key])
