"""The steps of exporting a trained recognizer, and of holding what was exported against it."""

import hashlib
import logging
import random
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from data_prep.atomic import atomic_folder, write_json
from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Frames
from data_prep.manifest import read_manifest
from data_prep.workers.guarded_map import guarded_call
from pipelines.cli.command import CommandOutcome
from pipelines.cli.provenance import provenance
from pipelines.cli.schema import ExportConfig
from recognizers.bundle.layout import EXPORT_NAME, NETWORK_NAMES, RECORD_NAME
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME, write_spec
from recognizers.bundle.weights import EncoderAndHead, load_bundle
from recognizers.inference.predictor import Predictor
from recognizers.runtime.onnx_export import write_int8, write_onnx
from recognizers.runtime.onnx_network import OnnxNetwork

log = logging.getLogger(__name__)

EXPORTERS = ("onnx", "onnxruntime")
#: Clips on which what was exported is held against the bundle.
CHECK_CLIPS = 16
#: By how much the log-probabilities of float32 may differ: sums are rounded in another order.
TOLERANCE = 1e-3
#: All that a folder of ours holds.
OWN_NAMES = {SPEC_NAME, LANGUAGE_MODEL_NAME, RECORD_NAME, *NETWORK_NAMES.values()}


def export(cfg: ExportConfig) -> CommandOutcome:
    """Write a bundle's network as ONNX, in float32 and in int8, with all else that it takes to use it.

    Args:
        cfg: The keys of conf/export.yaml, as plain values.
    """
    require("exporting", "onnx")
    model = Path(cfg.model)
    folder = Path(cfg.output_dir or model / EXPORT_NAME)
    _check_no_stranger(folder)
    bundle = load_bundle(model)
    extractor, encoder, head = bundle.extractor, bundle.encoder, bundle.head
    with atomic_folder(folder) as partial:
        write_spec(partial, bundle.spec)
        paths = {runtime: partial / name for runtime, name in NETWORK_NAMES.items()}
        write_onnx(paths["onnx"], EncoderAndHead(encoder, head), extractor.num_features)
        if not write_int8(paths["onnx_int8"], paths["onnx"]):
            log.warning("no int8: ONNX Runtime has it for LSTMs alone")
            del paths["onnx_int8"]
        clips, are_real = _clips(model / "manifest.jsonl", extractor)
        differences = _check(Predictor.of(extractor, encoder, head), paths, clips)
        networks = {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **differences[runtime]}
            for runtime, path in paths.items()
        }
        checked = {"clips": len(clips), "are_real": are_real}
        versions = {package: version(package) for package in EXPORTERS}
        about = {"subsampling": encoder.subsampling, "checked_on": checked, **provenance(), "exporters": versions}
        write_json(partial / RECORD_NAME, {"networks": networks, **about})
    log.info("use it with: python -m pipelines.%s model=%s runtime=onnx …", head.interpreter.task, folder)
    int8 = {f"int8_{name}": value for name, value in differences.get("onnx_int8", {}).items()}
    return CommandOutcome({"onnx": str(folder), **differences["onnx"], **int8, "checked_clips": len(clips)})


def _check_no_stranger(folder: Path) -> None:
    """Refuse to write over anything but an earlier export."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output_dir={folder}: is a file; give a folder that is not there yet")
    strangers = sorted({path.name for path in folder.glob("*")} - OWN_NAMES)
    if strangers or (any(folder.glob("*")) and not (folder / RECORD_NAME).is_file()):
        named = f"holds {strangers[0]}, which is" if strangers else "is"
        raise InputError(f"output_dir={folder}: {named} not of an earlier export; give another folder")


def _clips(manifest: Path, extractor: FeatureExtractor) -> tuple[list[Frames], bool]:
    """Frames of some of a run's clips; of noise, where their media are gone; and whether they are real."""
    found: list[Frames] = []
    if manifest.is_file():
        try:
            rows = list(read_manifest(manifest))
            random.Random(0).shuffle(rows)
            rows = rows[: 2 * CHECK_CLIPS]
            extractor.get_ready([row.media for row in rows])
            for row in rows:
                _, result = guarded_call(extractor, (row.id, row.media))
                if isinstance(result, Frames):
                    found.append(result)
                if len(found) == CHECK_CLIPS:
                    break
        except InputError as error:
            log.warning("the run's clips cannot be read: %s", error)
    if found:
        return found, True
    log.warning("none of the run's clips can be read: what is exported is checked on noise")
    rng = np.random.default_rng(0)
    shapes = [(length, extractor.num_features) for length in rng.integers(1, 300, size=CHECK_CLIPS)]
    return [Frames(rng.standard_normal(shape, np.float32), extractor.frame_rate_hz) for shape in shapes], False


def _check(bundle: Predictor, paths: dict[str, Path], clips: Sequence[Frames]) -> dict[str, dict[str, float]]:
    """How far exported networks are from the bundle, whose clips go alone while theirs are in batches.

    Raises:
        InputError: In float32 they give something else than the bundle.
    """
    expected = bundle.emissions(clips, batch_size=1)
    answers = [prediction.value for prediction in bundle.predict(clips, batch_size=1)]
    differences = {}
    for runtime, path in paths.items():
        widths = (bundle.extractor.num_features, expected[0].shape[-1])
        alone = runtime == "onnx_int8"
        network = OnnxNetwork(path, *widths, bundle.network.subsampling, num_threads=1, one_by_one=alone)
        exported = Predictor(bundle.extractor, network, bundle.interpreter)
        found = exported.emissions(clips, batch_size=8)
        most = max(float(np.abs(mine - theirs).max()) for mine, theirs in zip(expected, found, strict=True))
        if runtime == "onnx" and not most <= TOLERANCE:
            raise InputError(
                f"the exported network differs from the bundle by {most:.3g}, expected {TOLERANCE} at most: this "
                "encoder or head computes something that cannot be exported; nothing was written"
            )
        said = [prediction.value for prediction in exported.predict(clips, batch_size=8)]
        changed = sum(mine != theirs for mine, theirs in zip(answers, said, strict=True))
        differences[runtime] = {"max_abs_diff": float(f"{most:.3g}"), "changed_predictions": changed}
    return differences
