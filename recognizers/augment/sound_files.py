"""Sound files that augmentation draws from: found and read early, and held in memory within a limit.

`noise_files.py` takes excerpts of recorded noise from them, `rooms.py` measured impulse responses.
"""

import glob
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.media import AUDIO_SUFFIXES, Media, MediaError, read_audio
from data_prep.operating_system import expand_home

#: Only the beginning of a longer file is used, in seconds.
MAX_FILE_S = 600.0
#: Most bytes of decoded sound that a process holds, about two hours at 16 kHz; the file unused longest makes room.
MAX_HELD_BYTES = 256 << 20
#: A file with at most so many bytes is decoded whole and cut; of a larger one only the part that is used is decoded.
SMALL_FILE_BYTES = 16 << 20
#: So much of a file is read to see whether it can be, where reading all of it would be too much, in seconds.
BEGINNING_S = 0.1


class HeldSounds:
    """The sounds read last by a process, within `MAX_HELD_BYTES`.

    Attributes:
        num_bytes: Size of all samples that are held.
    """

    def __init__(self) -> None:
        self.num_bytes = 0
        self._sounds: OrderedDict[Path, tuple[np.ndarray, int]] = OrderedDict()  # the one unused longest comes first

    def __contains__(self, path: Path) -> bool:
        return path in self._sounds

    def read(self, path: Path) -> tuple[np.ndarray, int]:
        """Return samples and rate of a file; others make room if it has to be decoded."""
        if path not in self._sounds:
            samples, rate_hz = _decode(path)
            samples = samples[: round(MAX_FILE_S * rate_hz)].copy()
            samples.flags.writeable = False
            self._sounds[path] = samples, rate_hz
            self.num_bytes += samples.nbytes
        self._sounds.move_to_end(path)
        while self.num_bytes > MAX_HELD_BYTES and len(self._sounds) > 1:
            _, (dropped, _) = self._sounds.popitem(last=False)
            self.num_bytes -= dropped.nbytes
        return self._sounds[path]

    def clear(self) -> None:
        """Forget all sounds."""
        self._sounds.clear()
        self.num_bytes = 0


_held = HeldSounds()


def find_sound_files(names: str | Sequence[str], setting: str) -> tuple[Path, ...]:
    """Find the sound files that a setting names, and read them once, so that training does not stop at a broken one.

    Files are read whole until half of `MAX_HELD_BYTES` is in use; of the others only the beginning is read.

    Args:
        names: A folder, which is searched with its subfolders, a file, a glob, or a list of these.
        setting: The setting, for messages.

    Returns:
        The files, sorted and without repeats.

    Raises:
        InputError: A name stands for no sound file, or a file cannot be read or is silent.
    """
    found: set[Path] = set()
    for name in [names] if isinstance(names, str) else names:
        matches = _files_of(str(name))
        if not matches:
            raise InputError(
                f"{setting}={name}: {_describe_missing(str(name))}; expected a folder, a file or a glob of sound files "
                f"({', '.join(sorted(AUDIO_SUFFIXES))})"
            )
        found.update(matches)
    if not found:
        raise InputError(f"{setting}: the list is empty; name a folder of sound files, or give {setting}=null")
    paths = tuple(sorted(found))
    _check_readable(paths, setting)
    return paths


def read_sound_file(path: Path) -> tuple[np.ndarray, int]:
    """Return the beginning of a sound file, up to `MAX_FILE_S`; it is decoded again only if it had to make room.

    Returns:
        Samples (T,) int16, not to be changed, and their rate in Hz.

    Raises:
        MediaError: The file cannot be read.
    """
    return _held.read(path)


def _files_of(name: str) -> list[Path]:
    path = expand_home(name)
    if path.is_dir():
        return [each.absolute() for each in path.rglob("*") if _is_sound(each, path)]
    if path.exists():
        return [path.absolute()]
    matches = [Path(each) for each in glob.glob(str(path), recursive=True)]
    return [each.absolute() for each in matches if each.suffix.lower() in AUDIO_SUFFIXES and each.is_file()]


def _is_sound(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.suffix.lower() in AUDIO_SUFFIXES and not hidden and path.is_file()


def _describe_missing(name: str) -> str:
    path = expand_home(name)
    if not path.is_dir():
        return "there is no such file or folder"
    others = sum(1 for each in path.rglob("*") if each.is_file())
    return f"none of the {others} files in this folder is a sound file" if others else "the folder is empty"


def _check_readable(paths: Sequence[Path], setting: str) -> None:
    for path in paths:
        try:
            if path in _held or _held.num_bytes < MAX_HELD_BYTES / 2:
                is_silent = not read_sound_file(path)[0].any()
            else:
                read_audio(Media(path, end_s=BEGINNING_S), dtype="int16")
                is_silent = False  # not known, since recordings often begin with silence
        except MediaError as error:
            raise InputError(f"{setting}: {error}; remove the file, or replace it by one that can be played") from None
        if is_silent:
            raise InputError(f"{setting}: {path} holds nothing but silence; remove it, or name the other files")


def _decode(path: Path) -> tuple[np.ndarray, int]:
    if path.is_file() and path.stat().st_size > SMALL_FILE_BYTES:
        try:
            return read_audio(Media(path, end_s=MAX_FILE_S), dtype="int16")
        except MediaError:  # it is shorter, or not readable at all
            pass
    return read_audio(Media(path), dtype="int16")
