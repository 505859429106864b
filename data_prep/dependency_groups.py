"""The packages that the core installation leaves out, and the group of ``pyproject.toml`` that brings each."""

import importlib.util

from data_prep.errors import InputError

#: The name of a package in an import statement, and the group that installs it.
GROUPS = {
    "cv2": "signs",
    "matplotlib": "signs",
    "mediapipe": "signs",
    "jinja2": "train",
    "librosa": "train",
    "onnx": "train",
    "onnxscript": "train",
    "pytorch_lightning": "train",
    "tensorboard": "train",
    "torch": "train",
    "torchaudio": "train",
    "torchmetrics": "train",
    "espeakng_loader": "demo",
    "pose_format": "landmarks",
    "pyarrow": "landmarks",
    "sounddevice": "live",
    "fsspec": "remote",
    "gcsfs": "remote",
    "huggingface_hub": "remote",
    "s3fs": "remote",
}


class MissingPackageError(InputError):
    """A package is needed that is not installed; the message says how to install it."""


def require(purpose: str, *packages: str) -> None:
    """Check that packages are installed, without importing them.

    Args:
        purpose: What needs them, as the subject of the message.
        packages: Their names in import statements.

    Raises:
        MissingPackageError: One of them is not installed.
    """
    for package in packages:
        if not is_installed(package):
            raise missing_package(purpose, package)


def is_installed(package: str) -> bool:
    """Whether a package can be found; it is not imported."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # its parent is missing, or a stub stands in for it
        return False


def missing_package(purpose: str, package: str, otherwise: str = "") -> MissingPackageError:
    """The error that says which group to install; `otherwise` names another way out."""
    group = GROUPS[package]
    return MissingPackageError(
        f"{purpose} needs the package {package}, which is not installed: "
        f"pip install 'utterance-pipelines[{group}]' (in a clone: pip install -e '.[{group}]'){otherwise}"
    )


def explain_import_error(purpose: str, error: ImportError) -> MissingPackageError | None:
    """The error to show instead of a failed import; None if no group brings what could not be imported."""
    package = (error.name or "").partition(".")[0]
    return missing_package(purpose, package) if package in GROUPS and not is_installed(package) else None
