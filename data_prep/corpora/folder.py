"""A corpus in which each class has a folder of its own."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from data_prep.corpora.corpus import check_root, find_media_files, no_clips_error
from data_prep.errors import InputError
from data_prep.folds import Folds
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
    splits: ``root/SPLIT/LABEL/anything``. So are the folders in those of the classes: ``root/LABEL/SPLIT/anything``.

    Attributes:
        root: Folder that holds the folders of the classes.
        frames_hz: Frame rate of clips stored as numbered pictures; 0 treats these pictures as photos too.
    """

    root: str
    frames_hz: float = DEFAULT_FRAME_RATE_HZ
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None

    def __post_init__(self) -> None:
        if self.frames_hz != 0 and not 1 <= self.frames_hz <= 1000:
            raise InputError(f"corpus.frames_hz must be from 1 to 1000, or 0; found {self.frames_hz!r}")

    def clips(self) -> Sequence[Clip]:
        """Return a clip for each media file and each folder of numbered pictures."""
        expected = "a folder for each class with recordings, photos or videos in it"
        root = check_root(self.root, expected)
        paths = sorted(find_media_files(root), key=lambda path: path.parent)
        split_level = find_split_level(root, paths)
        label_level = 1 if split_level == 0 else 0
        depth = 1 if split_level is None else 2  # folders below the root that say what a clip is
        clips, num_frame_folders = [], 0
        for folder, files in groupby(paths, lambda path: path.parent):
            parts = folder.relative_to(root).parts
            if len(parts) < depth:
                continue
            label, split = parts[label_level], None if split_level is None else split_named(parts[split_level])
            if self.frames_hz and len(parts) > depth and is_frame_folder(folder.iterdir()):
                clips.append(_clip(root, folder, label, split, f"frames@{self.frames_hz:g}"))
                num_frame_folders += 1
            else:
                clips += [_clip(root, path, label, split) for path in files]
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


def find_split_level(root: Path, paths: Sequence[Path]) -> int | None:
    """Find the folders that are splits: 0 for those in the root, 1 for those in the classes' folders, None for none.

    Raises:
        InputError: A file lies in a split's folder, outside of any class's folder.
    """
    parts = {path: path.relative_to(root).parts[:-1] for path in paths if path.parent != root}
    names = sorted({folders[0] for folders in parts.values()})
    if all(map(split_named, names)) and any(len(folders) > 1 for folders in parts.values()):
        for path, folders in parts.items():
            if len(folders) == 1:
                raise InputError(
                    f"{path}: {folders[0]!r} is the folder of a split, so the file must be in the folder of its class, "
                    f"as {folders[0]}/CLASS/{path.name}; move it, or rename the folder if it is a class"
                )
        _log_splits(names)
        return 0
    if {"train", "test"} <= set(map(split_named, names)):
        reason = "no class's folder is in them" if all(map(split_named, names)) else "others are beside them"
        log.warning(
            "the folders %s are taken for classes, because %s; if some of them are splits, sort the files as "
            "train/CLASS/FILE and test/CLASS/FILE",
            ", ".join(names),
            reason,
        )
    inner = {folders[1] if len(folders) > 1 else "" for folders in parts.values()}
    if all(map(split_named, inner)) and len(set(map(split_named, inner))) > 1:
        _log_splits(sorted(inner))
        return 1
    return None


def _log_splits(names: Sequence[str]) -> None:
    meanings = ", ".join(f"{name} ({split_named(name)})" for name in names)
    log.info("folders named like splits are splits, not classes: %s", meanings)


def _clip(root: Path, path: Path, label: str, split: str | None, encoding: str | None = None) -> Clip:
    return Clip(id=path.relative_to(root).as_posix(), path=path, label=label, split=split, encoding=encoding)
