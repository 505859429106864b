"""The recognizers that come with the package: starting points for training, and one to transcribe with at once.

Each is a folder with a bundle, whose weights have half precision, and a model card, ``README.md``: what it learned
from, under which licence, its scores, what it cannot do, and the command that trained it. ``checksums.json`` holds the
SHA-256 of every file, so that a damaged installation is noticed. `add` adds a recognizer, and `checksums` records
the files again after a model card was edited.
"""

import hashlib
import json
import logging
from functools import cache
from pathlib import Path

from data_prep.errors import InputError

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
CHECKSUMS_NAME = "checksums.json"
#: What a folder with a recognizer holds, at least one of them.
RECOGNIZER_ENTRIES = ("recognizer.json", "ensemble.json", "bundle", "onnx")
#: What the directory of a training run holds from its start.
RUN_ENTRIES = (".hydra", "run.json", "checkpoints")


def names() -> list[str]:
    """Return the names of the recognizers that come with the package."""
    return sorted(path.name for path in FOLDER.iterdir() if (path / "recognizer.json").is_file())


def is_packaged(path: Path) -> bool:
    """Tell whether a path is the name of a recognizer that comes with the package, and of no other one here.

    Raises:
        InputError: A training run here has that name and is not finished, so that either could be meant.
    """
    if str(path) not in names() or _holds(path, RECOGNIZER_ENTRIES):
        return False
    if _holds(path, RUN_ENTRIES):
        raise InputError(
            f"{path}: {path.absolute()} is the directory of a run without a bundle, and a recognizer that comes with "
            "the package has the same name; to use that one, rename the directory; to use the run, finish it with "
            f"resume={path}"
        )
    if path.exists():
        _warn_of_namesake(path.absolute())
    return True


def folder_for_results(path: Path) -> Path:
    """Return the folder in which results about a recognizer are kept: its own, or one in ``runs`` if it is packaged.

    Raises:
        InputError: See `is_packaged`.
    """
    return Path("runs") / path if is_packaged(path) else path


def find_recognizer(path: Path) -> Path:
    """Return where a recognizer is: the path itself, or the folder of the one of that name that comes with the package.

    A recognizer of that name in the present folder comes first. Another folder of that name is passed over with a
    warning.

    Raises:
        InputError: The recognizer comes with the package, but its files are damaged, or an unfinished run has its name.
    """
    if not is_packaged(path):
        return path
    _check_files(str(path))
    return FOLDER / path


def _holds(folder: Path, entries: tuple[str, ...]) -> bool:
    return any((folder / entry).exists() for entry in entries)


@cache
def _warn_of_namesake(path: Path) -> None:
    log.warning("%s: using the recognizer that comes with the package; %s holds no recognizer", path.name, path)


@cache
def _check_files(name: str) -> None:
    expected = json.loads((FOLDER / CHECKSUMS_NAME).read_text(encoding="utf-8"))[name]
    for file_name, checksum in expected.items():
        file = FOLDER / name / file_name
        found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no such file"
        if found != checksum:
            raise InputError(f"{file}: damaged ({found}, expected SHA-256 {checksum}); install the package again")
