"""Export of a trained recognizer as ONNX, compared with the original: the steps of `pipelines.export`."""

import hashlib
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.atomic import atomic_folder, write_json
from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.features.extractor import Frames
from pipelines.cli.command import CommandOutcome
from pipelines.cli.provenance import provenance
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_check import Expected, check_clips, expected_of
from pipelines.inference.export_features import checked_device_input, export_features_inside
from pipelines.inference.export_streaming import export_steps
from pipelines.web_page.choices import page_choices, page_folder
from pipelines.web_page.folder import check_overwrites_only_pages, check_page_source, write_page
from recognizers.bundle.layout import ENSEMBLE_NAME, EXPORT_NAME, NETWORK_NAMES, RECORD_NAME, folder_of, is_ensemble
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME, write_spec
from recognizers.bundle.weights import Bundle, EncoderAndHead, load_bundle
from recognizers.ensemble.bundle import MEMBERS_NAME
from recognizers.inference.predictor import Predictor
from recognizers.pretrained import folder_for_results
from recognizers.runtime.features_inside.description import ALL_NAMES
from recognizers.runtime.onnx_export import write_int8, write_onnx
from recognizers.runtime.onnx_network import OnnxNetwork
from recognizers.runtime.stepwise.description import DESCRIPTION_NAME as STEPS_DESCRIPTION_NAME
from recognizers.runtime.stepwise.description import NETWORK_NAME as STEPS_NAME

log = logging.getLogger(__name__)

EXPORTERS = ("onnx", "onnxruntime")
#: Largest difference of float32 log-probabilities; rounding alone causes some, because sums are ordered differently.
TOLERANCE = 1e-3
#: All files that an export may contain.
EXPORT_FILES = {
    *(SPEC_NAME, LANGUAGE_MODEL_NAME, RECORD_NAME, *NETWORK_NAMES.values(), *ALL_NAMES),
    *(ENSEMBLE_NAME, MEMBERS_NAME, STEPS_NAME, STEPS_DESCRIPTION_NAME),
}


def export(cfg: ExportConfig) -> CommandOutcome:
    """Write a bundle's network as ONNX, in float32 and int8, with the specification needed to use it."""
    require("exporting", "onnx")
    model = Path(cfg.model)
    folder = Path(cfg.output_dir or folder_for_results(model) / EXPORT_NAME)
    _check_overwrites_only_exports(folder)
    if cfg.web:
        check_page_source(model)
        check_overwrites_only_pages(page_folder(cfg))
    if is_ensemble(folder_of(model, "torch")):
        from pipelines.inference.export_ensemble import export_ensemble

        return export_ensemble(folder_of(model, "torch"), folder)
    with atomic_folder(folder) as partial:
        bundle, differences, num_clips = export_bundle(model, partial, cfg.features_inside)
    outcome = outcome_of(bundle, folder, differences, num_clips)
    if not cfg.web:
        return outcome
    page = write_page(page_folder(cfg), folder, model, page_choices(cfg))
    log.info("open the page with: python -m pipelines.web model=%s", page["web"])
    return CommandOutcome(outcome.result | page)


def export_bundle(model: Path, folder: Path, features_inside: bool) -> tuple[Bundle, dict[str, dict[str, float]], int]:
    """Write the networks of a bundle, its specification and the record of the export into an empty folder.

    Args:
        model: The bundle, or its run directory.
        folder: The folder.
        features_inside: Whether to write networks that compute the features, too.

    Returns:
        The bundle, how the networks for each runtime differ from it, and the number of clips on which they were
        compared. Differences of networks with features inside have names that start with ``inside_``.

    Raises:
        InputError: There is no bundle, a network differs from it, or features cannot be inside a network.
    """
    bundle = load_bundle(model)
    device_input = checked_device_input(bundle.extractor) if features_inside else None
    write_spec(folder, bundle.spec)
    networks = _write_networks(folder, bundle)
    clips = check_clips(model / "manifest.jsonl", bundle.extractor, device_input)
    expected = expected_of(bundle, clips.frames)
    differences = _compare(bundle, networks, clips.frames, expected)
    if device_input is not None:
        insides = export_features_inside(folder, bundle, device_input, networks, clips, expected)
        for runtime, inside in insides.items():
            differences[runtime] |= {f"inside_{name}": value for name, value in inside.items()}
    differences["onnx"] |= export_steps(folder, bundle, clips)
    write_json(folder / RECORD_NAME, _make_record(bundle, networks, differences, len(clips.frames), clips.are_real))
    return bundle, differences, len(clips.frames)


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


def _compare(
    bundle: Bundle, networks: dict[str, Path], clips: Sequence[Frames], expected: Expected
) -> dict[str, dict[str, float]]:
    """Compare the exported networks, which compute batches, with the bundle, which computes clip by clip.

    Returns:
        For each runtime, the largest difference of log-probabilities and the number of predictions that differ.

    Raises:
        InputError: The float32 network differs from the bundle.
    """
    extractor, interpreter = bundle.extractor, bundle.interpreter
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
        largest = max(
            float(np.abs(ours - theirs).max()) for ours, theirs in zip(expected.emissions, emissions, strict=True)
        )
        if runtime == "onnx" and not largest <= TOLERANCE:
            raise InputError(
                f"the exported network differs from the bundle by {largest:.3g}, expected at most {TOLERANCE}: this "
                "encoder or head computes something that cannot be exported; nothing was written"
            )
        texts = [prediction.text for prediction in exported.predict(clips, batch_size=8)]
        changed = sum(text != wanted for text, wanted in zip(texts, expected.texts, strict=True))
        differences[runtime] = {"max_abs_diff": float(f"{largest:.3g}"), "changed_predictions": changed}
    return differences
