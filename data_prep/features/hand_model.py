"""Fetches the hand tracker's model file once per user, and checks it."""

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from http.client import HTTPException
from pathlib import Path

import platformdirs

from data_prep.errors import InputError

log = logging.getLogger(__name__)

OFFICIAL_URL = (
    "https://storage.googleapis.com/mediapipe-models/hand_landmarker/hand_landmarker/float16/1/hand_landmarker.task"
)
OFFICIAL_SHA256 = "fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1"
#: Google's older wheel holds the same two networks; zipped together they give the same model.
OLDER_WHEEL = "mediapipe==0.10.21"
WHEEL_MEMBERS = {
    "hand_detector.tflite": (
        "mediapipe/modules/palm_detection/palm_detection_full.tflite",
        "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    ),
    "hand_landmarks_detector.tflite": (
        "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
        "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    ),
}


def hand_model_path() -> Path:
    """Return the path of the checked model file in the user's cache, after fetching it if it is missing.

    Raises:
        InputError: Neither source can be reached, or the file fetched is not the expected model.
    """
    path = Path(platformdirs.user_cache_dir("utterance")) / "hand_landmarker.task"
    if path.is_file() and is_hand_model(path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for fetch in (_fetch_official, _fetch_from_wheel):
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            candidate = Path(folder) / path.name
            try:
                fetch(candidate)
            except (OSError, HTTPException, subprocess.SubprocessError, zipfile.BadZipFile, KeyError) as error:
                failures.append(f"{fetch.__doc__} {error}")
                continue
            if is_hand_model(candidate):
                os.replace(candidate, path)
                return path
            failures.append(f"{fetch.__doc__} the file fetched has the wrong sha256")
    raise InputError(
        "the hand tracker's model could not be fetched:\n  "
        + "\n  ".join(failures)
        + f"\nOn a machine with access, fetch {OFFICIAL_URL} (sha256 {OFFICIAL_SHA256}) and copy it to {path}"
    )


def is_hand_model(path: Path) -> bool:
    """Whether a file is the official archive, or one made of the same two networks."""
    if _sha256(path.read_bytes()) == OFFICIAL_SHA256:
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return all(_sha256(archive.read(name)) == sha256 for name, (_, sha256) in WHEEL_MEMBERS.items())
    except Exception:  # zipfile raises many kinds of errors on damaged files
        return False


def _fetch_official(path: Path) -> None:
    """From the official address:"""  # noqa: D415
    log.info("fetching the hand tracker's model (8 MB) from its official address")
    with urllib.request.urlopen(OFFICIAL_URL, timeout=20) as response:
        path.write_bytes(response.read())


def _fetch_from_wheel(path: Path) -> None:
    """From the older wheel on the package index:"""  # noqa: D415
    log.info("fetching the hand tracker's model out of the wheel %s (36 MB)", OLDER_WHEEL)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    # Only data files are needed, so one platform's wheel serves all.
    command += ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--dest", str(path.parent)]
    done = subprocess.run([*command, OLDER_WHEEL], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise OSError(f"pip download {OLDER_WHEEL} failed: {done.stderr.strip()[-400:]}")
    with zipfile.ZipFile(next(path.parent.glob("*.whl"))) as wheel, zipfile.ZipFile(path, "w") as archive:
        for name, (member, _) in WHEEL_MEMBERS.items():
            # Stored, not deflated: MediaPipe maps the members into memory.
            archive.writestr(zipfile.ZipInfo(name), wheel.read(member), compress_type=zipfile.ZIP_STORED)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
