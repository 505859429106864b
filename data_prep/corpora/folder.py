"""A corpus in which each class has a folder of its own."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from data_prep.corpora.corpus import check_root, find_media_files, no_clips_error
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.manifest_columns import split_named
from data_prep.media.frame_folder import DEFAULT_FRAME_RATE_HZ, is_frame_folder
from data_prep.splits import SplitSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FolderCorpus(SplitSettings):
    """Media files sorted into one folder for each class: ``root/LABEL/anything``.

    The files may be audio, video, photos or landmarks. A folder inside a class's folder is a single clip if it holds
    only pictures that are numbered consecutively and otherwise named alike, such as ``root/LABEL/CLIP/0001.jpg``,
    ``0002.jpg``, ... All other pictures are photos, and so are numbered pictures directly inside a class's folder.

    If all folders in the root have names of splits, such as ``train``, ``val`` and ``Test``, and hold folders, they are
    splits: ``root/SPLIT/LABEL/anything``.

    Attributes:
        root: Folder that holds the folders of the classes.
        frames_hz: Frame rate of clips stored as numbered pictures; 0 treats these pictures as photos too.
    """

    root: str
    frames_hz: float = DEFAULT_FRAME_RATE_HZ

    def __post_init__(self) -> None:
        if self.frames_hz != 0 and not 1 <= self.frames_hz <= 1000:
            raise InputError(f"corpus.frames_hz must be from 1 to 1000, or 0; found {self.frames_hz!r}")

    def clips(self) -> list[Clip]:
        """Return a clip for each media file and each folder of numbered pictures."""
        expected = "a folder for each class with recordings, photos or videos in it"
        root = check_root(self.root, expected)
        paths = sorted(find_media_files(root), key=lambda path: path.parent)
        has_splits = _has_split_folders(root, paths)
        depth = 2 if has_splits else 1  # of a class's folder below the root
        clips, num_frame_folders = [], 0
        for folder, files in groupby(paths, lambda path: path.parent):
            parts = folder.relative_to(root).parts
            if len(parts) < depth:
                continue
            split = split_named(parts[0]) if has_splits else None
            if self.frames_hz and len(parts) > depth and is_frame_folder(folder.iterdir()):
                clips.append(_clip(root, folder, parts[depth - 1], split, f"frames@{self.frames_hz:g}"))
                num_frame_folders += 1
            else:
                clips += [_clip(root, path, parts[depth - 1], split) for path in files]
        if not clips:
            raise no_clips_error(self.root, expected)
        if num_frame_folders:
            log.info(
                "%d folders of numbered pictures are read as clips of %g frames per second; set corpus.frames_hz=0 to "
                "read the pictures as photos",
                num_frame_folders,
                self.frames_hz,
            )
        clips.sort(key=lambda clip: clip.path)
        return self.assign_splits(clips)


def _has_split_folders(root: Path, paths: Sequence[Path]) -> bool:
    """Return whether the folders in the root are splits, of which each holds a folder for each class.

    Raises:
        InputError: A file lies in a split's folder, outside of any class's folder.
    """
    parts = [path.relative_to(root).parts[:-1] for path in paths]
    names = sorted({each[0] for each in parts if each})
    if not names or any(split_named(name) is None for name in names) or all(len(each) < 2 for each in parts):
        return False
    for path, each in zip(paths, parts, strict=True):
        if len(each) == 1:
            raise InputError(
                f"{path}: {each[0]!r} is the folder of a split, so the file must be in the folder of its class, as "
                f"{each[0]}/CLASS/{path.name}; move it, or rename the folder if it is a class"
            )
    log.info("the folders %s are splits, and the folders in them are classes", ", ".join(names))
    return True


def _clip(root: Path, path: Path, label: str, split: str | None, encoding: str | None = None) -> Clip:
    return Clip(id=path.relative_to(root).as_posix(), path=path, label=label, split=split, encoding=encoding)
