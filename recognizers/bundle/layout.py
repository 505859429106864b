"""The files of bundles and exported recognizers."""

from pathlib import Path

from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME
from recognizers.pretrained import find_recognizer

#: Names of the folders, inside a run directory, of the bundle and of the exported recognizer.
BUNDLE_NAME, EXPORT_NAME = "bundle", "onnx"
WEIGHTS_NAME = "model.safetensors"
#: The exported network for each runtime.
NETWORK_NAMES = {"onnx": "model.onnx", "onnx_int8": "model.int8.onnx"}
#: The record of an export: checksums of the networks, their subsampling, and how far they differ from the bundle.
RECORD_NAME = "export.json"
#: The record of an ensemble: checksums of its members' files.
ENSEMBLE_NAME = "ensemble.json"
#: What can compute the network: torch from a bundle, or ONNX Runtime from an exported network, in float32 or int8.
RUNTIMES = ("torch", *NETWORK_NAMES)


def folder_of(path: Path, runtime: str) -> Path:
    """Return the folder with a runtime's files, given a run directory, that folder itself, or a name in the package.

    Raises:
        InputError: The recognizer of that name in the package cannot be used; see `find_recognizer`.
    """
    path = find_recognizer(path)
    folder = path / (BUNDLE_NAME if runtime == "torch" else EXPORT_NAME)
    return folder if folder.is_dir() else path


def is_ensemble(folder: Path) -> bool:
    """Tell whether a folder holds an ensemble."""
    return (folder / ENSEMBLE_NAME).is_file()


def files_of(path: Path, runtime: str) -> list[Path]:
    """Return the existing files on whose content a recognizer depends; for an ensemble, its list of checksums."""
    if is_ensemble(folder_of(path, runtime)):
        return [folder_of(path, runtime) / ENSEMBLE_NAME]
    names = [WEIGHTS_NAME] if runtime == "torch" else [RECORD_NAME, NETWORK_NAMES[runtime]]
    folder = folder_of(path, runtime)
    return [file for name in (SPEC_NAME, *names, LANGUAGE_MODEL_NAME) if (file := folder / name).is_file()]
