"""Export of a trained recognizer as ONNX, compared with the original: the steps of `pipelines.export`."""

import hashlib
import logging
import random
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

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
from recognizers.bundle.layout import ENSEMBLE_NAME, EXPORT_NAME, NETWORK_NAMES, RECORD_NAME, folder_of, is_ensemble
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME, write_spec
from recognizers.bundle.weights import Bundle, EncoderAndHead, load_bundle
from recognizers.ensemble.bundle import MEMBERS_NAME
from recognizers.inference.predictor import Predictor
from recognizers.pretrained import folder_for_results
from recognizers.runtime.onnx_export import write_int8, write_onnx
from recognizers.runtime.onnx_network import OnnxNetwork
from recognizers.runtime.torch_network import TorchNetwork

log = logging.getLogger(__name__)

EXPORTERS = ("onnx", "onnxruntime")
#: Number of clips on which the exported networks are compared with the bundle.
CHECK_CLIPS = 16
#: Largest difference of float32 log-probabilities; rounding alone causes some, because sums are ordered differently.
TOLERANCE = 1e-3
#: All files that an export may contain.
EXPORT_FILES = {SPEC_NAME, LANGUAGE_MODEL_NAME, RECORD_NAME, *NETWORK_NAMES.values(), ENSEMBLE_NAME, MEMBERS_NAME}


def export(cfg: ExportConfig) -> CommandOutcome:
    """Write a bundle's network as ONNX, in float32 and int8, with the specification needed to use it."""
    require("exporting", "onnx")
    model = Path(cfg.model)
    folder = Path(cfg.output_dir or folder_for_results(model) / EXPORT_NAME)
    _check_overwrites_only_exports(folder)
    if is_ensemble(folder_of(model, "torch")):
        from pipelines.inference.export_ensemble import export_ensemble

        return export_ensemble(folder_of(model, "torch"), folder)
    with atomic_folder(folder) as partial:
        bundle, differences, num_clips = export_bundle(model, partial)
    return outcome_of(bundle, folder, differences, num_clips)


def export_bundle(model: Path, folder: Path) -> tuple[Bundle, dict[str, dict[str, float]], int]:
    """Write the networks of a bundle, its specification and the record of the export into an empty folder.

    Returns:
        The bundle, how the networks for each runtime differ from it, and the number of clips on which they were
        compared.
    """
    bundle = load_bundle(model)
    write_spec(folder, bundle.spec)
    networks = _write_networks(folder, bundle)
    clips, are_real = _check_clips(model / "manifest.jsonl", bundle.extractor)
    differences = _compare(bundle, networks, clips)
    write_json(folder / RECORD_NAME, _make_record(bundle, networks, differences, len(clips), are_real))
    return bundle, differences, len(clips)


def outcome_of(
    bundle: Bundle, folder: Path, differences: dict[str, dict[str, float]], num_clips: int
) -> CommandOutcome:
    """Say how to use an export, and return what the command prints."""
    log.info("use it with: python -m pipelines.%s model=%s runtime=onnx ...", bundle.interpreter.task, folder)
    int8 = {f"int8_{name}": value for name, value in differences.get("onnx_int8", {}).items()}
    return CommandOutcome({"onnx": str(folder), **differences["onnx"], **int8, "checked_clips": num_clips})


def _check_overwrites_only_exports(folder: Path) -> None:
    """Raise InputError if the folder contains anything but an earlier export."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output_dir={folder} is a file; give a folder that does not exist yet")
    foreign = sorted({path.name for path in folder.glob("*")} - EXPORT_FILES)
    if foreign:
        raise InputError(f"output_dir={folder} contains {foreign[0]}, which no export writes; give another folder")
    if any(folder.glob("*")) and not any((folder / name).is_file() for name in (RECORD_NAME, ENSEMBLE_NAME)):
        raise InputError(f"output_dir={folder} contains files but no {RECORD_NAME} of an export; give another folder")


def _write_networks(folder: Path, bundle: Bundle) -> dict[str, Path]:
    """Write the networks, and return the file for each runtime."""
    networks = {runtime: folder / name for runtime, name in NETWORK_NAMES.items()}
    write_onnx(networks["onnx"], EncoderAndHead(bundle.encoder, bundle.head), bundle.extractor.num_features)
    if not write_int8(networks["onnx_int8"], networks["onnx"]):
        log.warning("no int8 network was written: ONNX Runtime supports int8 for LSTMs only")
        del networks["onnx_int8"]
    return networks


def _make_record(
    bundle: Bundle, networks: dict[str, Path], differences: dict[str, dict[str, float]], clips: int, are_real: bool
) -> dict[str, Any]:
    """Return what is known about an export: checksums, differences from the bundle, and versions."""
    return {
        "networks": {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **differences[runtime]}
            for runtime, path in networks.items()
        },
        "subsampling": bundle.encoder.subsampling,
        "checked_on": {"clips": clips, "are_real": are_real},
        **provenance(),
        "exporters": {package: version(package) for package in EXPORTERS},
    }


def _check_clips(manifest: Path, extractor: FeatureExtractor) -> tuple[list[Frames], bool]:
    """Return frames for the comparison, and whether they are of the run's clips or, if none can be read, noise."""
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
    log.warning("none of the run's clips can be read; the exported networks are checked on noise")
    rng = np.random.default_rng(0)
    shapes = [(length, extractor.num_features) for length in rng.integers(1, 300, size=CHECK_CLIPS)]
    return [Frames(rng.standard_normal(shape, np.float32), extractor.frame_rate_hz) for shape in shapes], False


def _compare(bundle: Bundle, networks: dict[str, Path], clips: Sequence[Frames]) -> dict[str, dict[str, float]]:
    """Compare the exported networks, which compute batches, with the bundle, which computes clip by clip.

    Returns:
        For each runtime, the largest difference of log-probabilities and the number of predictions that differ.

    Raises:
        InputError: The float32 network differs from the bundle.
    """
    extractor, interpreter = bundle.extractor, bundle.interpreter
    original = Predictor(extractor, TorchNetwork(bundle.encoder, bundle.head), interpreter)
    expected = original.emissions(clips, batch_size=1)
    expected_texts = [prediction.text for prediction in original.predict(clips, batch_size=1)]
    differences = {}
    for runtime, path in networks.items():
        network = OnnxNetwork(
            path,
            num_features=extractor.num_features,
            num_ids=bundle.spec.vocabulary.num_ids,
            subsampling=bundle.encoder.subsampling,
            num_threads=1,
            one_by_one=runtime == "onnx_int8",
        )
        exported = Predictor(extractor, network, interpreter)
        emissions = exported.emissions(clips, batch_size=8)
        largest = max(float(np.abs(ours - theirs).max()) for ours, theirs in zip(expected, emissions, strict=True))
        if runtime == "onnx" and not largest <= TOLERANCE:
            raise InputError(
                f"the exported network differs from the bundle by {largest:.3g}, expected at most {TOLERANCE}: this "
                "encoder or head computes something that cannot be exported; nothing was written"
            )
        texts = [prediction.text for prediction in exported.predict(clips, batch_size=8)]
        changed = sum(text != expected_text for text, expected_text in zip(texts, expected_texts, strict=True))
        differences[runtime] = {"max_abs_diff": float(f"{largest:.3g}"), "changed_predictions": changed}
    return differences
