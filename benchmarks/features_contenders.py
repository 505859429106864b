"""Contenders that turn audio files into features on disk: this project, lhotse and librosa.

All compute 40 MFCC from 80 mel bands, in windows of 25 ms every 10 ms, at 16 kHz.
"""

import logging
import tempfile
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from benchmarks.pacing import work_in_turns
from benchmarks.sounds import RATE_HZ, Sounds
from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from data_prep.media import Media
from data_prep.store.content_hash import content_hash, media_key
from data_prep.store.signal_store import SignalStore, SignalWriter

#: Function that computes the features of files and writes them to a folder.
FeaturePipeline = Callable[[Sequence[Path], Path], None]
NUM_COEFFICIENTS, NUM_MELS = 40, 80


def ours(paths: Sequence[Path], folder: Path) -> None:
    """Write waveforms to the store, then compute features from the store, as in training."""
    _store_then_compute({str(path): path for path in paths}, folder)


def ours_keyed(paths: Sequence[Path], folder: Path) -> None:
    """Do the same as `ours`, with keys that include a hash of each file's content, as in `prepare`."""
    _store_then_compute({media_key(Media(path), content_hash(path)): path for path in paths}, folder)


def ours_written(paths: Sequence[Path], folder: Path) -> None:
    """Compute features and write them to a store, without storing waveforms."""
    mfcc = Mfcc(num_coefficients=NUM_COEFFICIENTS, num_mels=NUM_MELS)
    with SignalWriter(SignalStore(folder)) as writer:
        for path in paths:
            frames = mfcc(Media(path))
            writer.add(str(path), Signal(frames.values, frames.frame_rate_hz))


def decoding(paths: Sequence[Path], folder: Path) -> None:
    """Only decode the files."""
    for path in paths:
        Mfcc().signal(Media(path))


def run_lhotse(paths: Sequence[Path], folder: Path) -> None:
    """Call `compute_and_store_features` with one job; reading the metadata for the manifest is included."""
    from lhotse import CutSet, LilcomChunkyWriter, MfccConfig, Recording
    from lhotse import Mfcc as LhotseMfcc

    cuts = CutSet.from_cuts(Recording.from_file(path).to_cut() for path in paths)
    extractor = LhotseMfcc(MfccConfig(num_ceps=NUM_COEFFICIENTS, num_filters=NUM_MELS))
    cuts.compute_and_store_features(
        extractor, folder / "features", num_jobs=1, storage_type=LilcomChunkyWriter, progress_bar=False
    )


def run_librosa(paths: Sequence[Path], folder: Path) -> None:
    """Call `load` and `feature.mfcc`, and write one .npy file per clip."""
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


def take_turns(pipeline: FeaturePipeline, sounds: Sounds, connection: Connection) -> None:
    """Process files in turns, and delete the output after each turn."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    items = sounds.items()

    def process(indices: Sequence[int]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            pipeline([items[index][0] for index in indices], Path(folder))

    work_in_turns([duration_s for _, duration_s in items], process, connection)


def _store_then_compute(paths: dict[str, Path], folder: Path) -> None:
    mfcc = Mfcc(num_coefficients=NUM_COEFFICIENTS, num_mels=NUM_MELS)
    store = SignalStore(folder)
    with SignalWriter(store) as writer:
        for key, path in paths.items():
            writer.add(key, mfcc.signal(Media(path)))
    for key in paths:
        mfcc.frames(store[key])
