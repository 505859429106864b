"""The files of a recognizer, by what computes its network; without torch."""

from pathlib import Path

from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME

#: The folders of a bundle and of an exported recognizer in the directory of their run.
BUNDLE_NAME, EXPORT_NAME = "bundle", "onnx"
WEIGHTS_NAME = "model.safetensors"
#: The exported network for each runtime.
NETWORK_NAMES = {"onnx": "model.onnx", "onnx_int8": "model.int8.onnx"}
#: What was exported: the networks' checksums, what is known of them, and how they did when they were checked.
RECORD_NAME = "export.json"
#: What may compute the network: torch with a bundle's weights, or ONNX Runtime with an exported recognizer's, in
#: float32 or in int8.
RUNTIMES = ("torch", *NETWORK_NAMES)


def folder_of(path: Path, runtime: str) -> Path:
    """Where a runtime's files are: in a run's directory, or in the folder itself."""
    folder = path / (BUNDLE_NAME if runtime == "torch" else EXPORT_NAME)
    return folder if folder.is_dir() else path


def files_of(path: Path, runtime: str) -> list[Path]:
    """All files that a recognizer is read from with a runtime, as far as they are there."""
    names = [WEIGHTS_NAME] if runtime == "torch" else [RECORD_NAME, NETWORK_NAMES[runtime]]
    folder = folder_of(path, runtime)
    return [file for name in (SPEC_NAME, *names, LANGUAGE_MODEL_NAME) if (file := folder / name).is_file()]
