"""Functions that read each kind of file as the pipelines do; they return, or raise an error of the project."""

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from data_prep import manifest
from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.features.as_is import AsIs
from data_prep.features.extractor import Frames
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.json_rows import GZIP_MAGIC
from data_prep.manifest import Clip
from data_prep.media import Media, read_pictures
from data_prep.store.signal_store import SignalStore
from data_prep.streaming.manifest_indexing import index_manifest
from pipelines.inference.formats import TRANSCRIPT_FORMATS
from pipelines.inference.generate_clips import draw_clip
from pipelines.inference.inputs import Input, find_inputs
from pipelines.inference.output_dir import OutputDir
from recognizers import StreamSettings
from recognizers.api import Recognizer
from recognizers.bundle.generator import load_generator
from recognizers.ensemble.bundle import find_members
from recognizers.inference.aligned_clip import read_alignments
from recognizers.inference.predictor import Predictor
from recognizers.language_model.arpa import read_arpa
from recognizers.prediction import ClipLabel
from recognizers.recombination.unit_pools import UnitPools


def read_sound(path: Path) -> None:
    """Read a waveform and compute its features."""
    frames = Mfcc()(Media(path))
    assert np.isfinite(frames.values).all(), "features that are not finite"


def read_photos(path: Path) -> None:
    """Read every picture."""
    for time_s, picture in read_pictures(Media(path)):
        assert time_s >= 0, f"a picture at {time_s} s"
        assert picture.ndim == 3, f"a picture of shape {picture.shape}"


def read_landmarks(path: Path) -> None:
    """Read landmarks and compute their features."""
    frames = HandKeypoints()(Media(path))
    assert np.isfinite(frames.values).all(), "features that are not finite"


def read_series(path: Path) -> None:
    """Read a series of numbers."""
    frames = AsIs(num_features=2)(Media(path))
    assert np.isfinite(frames.values).all(), "features that are not finite"


def read_bundle(path: Path) -> None:
    """Load a recognizer and use it."""
    _use(Predictor.load(path.parent))


def read_generator(path: Path) -> None:
    """Load a generator and draw a clip."""
    generator = load_generator(path.parent)
    signal = draw_clip(generator, [generator.spec.vocabulary.first_id], [0], max_s=0.2)
    assert np.isfinite(generator.extractor.frames(signal).values).all(), "features that are not finite"


def read_export(path: Path) -> None:
    """Load an exported recognizer and use it; the checksum of a damaged network is updated, as an attacker would do."""
    record = path.with_name("export.json")
    if path.suffix == ".onnx":
        about = json.loads(record.read_bytes())
        about["networks"][path.name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        record.write_text(json.dumps(about))
    _use(Predictor.load(path.parent, "onnx_int8" if "int8" in path.name else "onnx"))


def read_streaming(path: Path) -> None:
    """Load a network for streaming and use it; the checksum of a damaged one is updated, as an attacker would do."""
    description = path.with_name("streaming.json")
    if path.name == "streaming.onnx":
        about = json.loads(description.read_bytes())
        about["network"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        description.write_text(json.dumps(about))
    settings = StreamSettings(incremental=True, voice_activity="energy")
    stream = Recognizer(Predictor.load(path.parent, "onnx")).stream(16_000, settings)
    loud = np.random.default_rng(0).normal(0, 0.2, 16_000)
    for result in [*stream.add(np.concatenate([0.001 * loud, loud])), *stream.finish()]:
        assert math.isfinite(result.end_s), "a time that is not finite"


def read_ensemble(path: Path) -> None:
    """Read the record of an ensemble; its members are missing, which is refused if nothing else is."""
    find_members(path.parent)


def _use(predictor: Predictor) -> None:
    rng = np.random.default_rng(0)
    width = predictor.extractor.num_features
    clips = [Frames(rng.standard_normal((length, width), np.float32), 100.0) for length in (30, 12)]
    for prediction in predictor.predict(clips, 2):
        assert math.isfinite(prediction.confidence), "a confidence that is not finite"
        if isinstance(prediction, ClipLabel):
            assert all(map(math.isfinite, prediction.scores.values())), "scores that are not finite"


def read_manifest(path: Path) -> None:
    """Read the clips of a manifest, and for JSON lines also the inputs that ``inputs=`` takes from it."""
    (path.parent / "a.wav").touch()
    if path.suffix == ".jsonl" and not path.read_bytes().startswith(GZIP_MAGIC):
        lazily, at_once = (_clips_or_error(read, path) for read in (index_manifest, manifest.read_manifest))
        assert lazily == at_once, f"read lazily: {lazily!r}; read at once: {at_once!r}"
    clips = ManifestCorpus(str(path)).clips()
    for clip in clips:
        clip.media.index_range(768_000.0, 1000)
    if path.suffix == ".jsonl":
        for item in find_inputs(str(path), Mfcc.suffixes)[0]:
            place = os.path.normpath(path.parent / "out" / f"{item.output}.txt")
            assert place.startswith(f"{path.parent}/out/"), f"a result would be written to {place}"
            os.fsencode(place)


def _clips_or_error(read: Callable[[Path], Iterable[Clip]], path: Path) -> list[Clip] | str:
    try:
        return list(read(path))
    except InputError as error:
        return str(error)


def read_language_model(path: Path) -> None:
    """Read a language model and score a sentence."""
    assert math.isfinite(read_arpa(path).sentence_log_prob(["a", "c"])), "a probability that is not finite"


def read_aligned(path: Path) -> None:
    """Read alignments and draw a new sequence of the units."""
    clips = [Clip(str(number), path, text="a b", speaker="ann") for number in range(3)]
    alignments = {clip.id: clip for clip in read_alignments(path)}
    pools = UnitPools(clips, {"a": (1,), "b": (2,)}, alignments)
    for unit in pools.draw("0", np.random.default_rng(0)):
        start_s, end_s = unit.reach(0.1)
        assert 0 <= end_s - start_s < math.inf, f"a unit from {start_s} to {end_s} s"


def read_store(path: Path) -> None:
    """Read each signal of a store."""
    store = SignalStore(path.parent)
    for key in [key for entries in store.shards.values() for key in entries]:
        assert store[key].values.shape[0] / store[key].rate_hz == store.duration_s(key), "a wrong duration"


def read_results(path: Path) -> None:
    """Continue an output folder whose results have the same content and settings, so that their files are written."""
    recording = path.parent / "a.wav"
    recording.write_bytes(b"sound")
    output_dir = OutputDir(path.parent, TRANSCRIPT_FORMATS, list(TRANSCRIPT_FORMATS.writers), "settings")
    output_dir.result_key = lambda media_key: "KEY"  # type: ignore[method-assign]
    inputs = [Input("a.wav", Media(recording), Path("a"))]
    output_dir.check_overwrites_only_results(inputs)
    output_dir.begin(inputs)
    output_dir.find_unfinished(inputs)
    output_dir.finish()


READERS: dict[str, Callable[[Path], None]] = {
    "sound": read_sound,
    "pictures": read_photos,
    "landmarks": read_landmarks,
    "series": read_series,
    "bundle": read_bundle,
    "generator": read_generator,
    "export": read_export,
    "streaming": read_streaming,
    "ensemble": read_ensemble,
    "manifest": read_manifest,
    "arpa": read_language_model,
    "shards": read_store,
    "results": read_results,
    "alignments": read_aligned,
}
#: Readers of media, which the pipelines run in worker processes because decoders may crash; a crash is no finding.
GUARDED = ("sound", "pictures", "landmarks", "series")
