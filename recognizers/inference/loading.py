"""Loads recognizers: a single one, an ensemble that was bundled, or several that are to answer as one."""

from collections.abc import Sequence
from pathlib import Path

from data_prep.errors import InputError
from recognizers.bundle.layout import RECORD_NAME, folder_of, is_ensemble
from recognizers.ensemble.bundle import find_members
from recognizers.ensemble.members import check_number
from recognizers.ensemble.predictor import EnsemblePredictor
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.predictor import Predictor


def load_predictor(
    paths: Path | Sequence[Path], runtime: str = "torch", num_threads: int | None = None
) -> ClipPredictor:
    """Load a recognizer, or several as an ensemble.

    Args:
        paths: A bundle, an export, an ensemble of either, or the run directory that holds one of these; several for an
            ensemble of them.
        runtime: "torch" for bundles; "onnx" or "onnx_int8" for exports.
        num_threads: Threads that networks may use; see `Predictor.load`.

    Raises:
        InputError: A recognizer cannot be loaded, or several cannot answer together.
    """
    if isinstance(paths, Path) or len(paths) == 1:
        path = paths if isinstance(paths, Path) else paths[0]
        folder = folder_of(path, runtime)
        if not is_ensemble(folder):
            return Predictor.load(path, runtime, num_threads)
        members = find_members(folder)
        if runtime != "torch" and not all((member / RECORD_NAME).is_file() for member in members):
            raise InputError(
                f"model={path}: found no exported ensemble in it; make one with python -m pipelines.export model={path}"
            )
        return _load_members(members, runtime, num_threads)
    check_number([str(path) for path in paths])
    for path in paths:
        if is_ensemble(folder_of(path, runtime)):
            raise InputError(f"models: {path} is an ensemble itself; give its members instead")
    return _load_members(paths, runtime, num_threads)


def _load_members(paths: Sequence[Path], runtime: str, num_threads: int | None) -> EnsemblePredictor:
    members = [Predictor.load(path, runtime, num_threads) for path in paths]
    return EnsemblePredictor(members, [str(path) for path in paths])
