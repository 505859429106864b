"""A class a folder: the plainest corpus there is."""

import logging
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from data_prep.corpora.corpus import checked_root, media_files, no_clips
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.media.frame_folder import DEFAULT_FRAME_RATE_HZ, is_frame_folder
from data_prep.splits import assign_splits

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FolderCorpus:
    """Recordings, photos, videos, landmarks or folders of frames sorted into folders: ``root/LABEL/anything``.

    A folder below a class's folder is one clip if it holds nothing but pictures whose names are equal but for a
    number and whose numbers follow each other: ``root/LABEL/CLIP/0001.jpg``, ``0002.jpg``, ... Every other picture
    is a photo, also where the pictures in a class's own folder are numbered.

    Attributes:
        root: The folder with the classes' folders.
        frames_hz: Frames a second of folders of frames; 0 takes their pictures for photos as well.
        validation_share: Share of the clips of each class for validation.
        test_share: Likewise for the test.
        fold: Which of the parts of that size is held out, for cross-validation; see `assign_splits`.
    """

    root: str
    frames_hz: float = DEFAULT_FRAME_RATE_HZ
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int = 0

    def __post_init__(self) -> None:
        if self.frames_hz != 0 and not 1 <= self.frames_hz <= 1000:
            raise InputError(f"corpus.frames_hz must be from 1 to 1000, or 0; found {self.frames_hz!r}")

    def clips(self) -> list[Clip]:
        """A clip for each media file, and each folder of frames, below a class's folder."""
        expected = "a folder for each class with recordings, photos or videos in it"
        root = checked_root(self.root, expected)
        clips, num_folders = [], 0
        for folder, files in groupby(sorted(media_files(root), key=lambda path: path.parent), lambda path: path.parent):
            if folder == root:
                continue
            label = folder.relative_to(root).parts[0]
            if self.frames_hz and folder.parent != root and is_frame_folder(folder.iterdir()):
                clips.append(self._clip(root, folder, label, f"frames@{self.frames_hz:g}"))
                num_folders += 1
            else:
                clips += [self._clip(root, path, label) for path in files]
        if not clips:
            raise no_clips(self.root, expected)
        if num_folders:
            log.info(
                "%d folders of numbered pictures are taken for clips of %g frames a second (corpus.frames_hz=0 takes "
                "them for photos)",
                num_folders,
                self.frames_hz,
            )
        clips.sort(key=lambda clip: clip.path)
        return assign_splits(clips, self.validation_share, self.test_share, self.fold)

    @staticmethod
    def _clip(root: Path, path: Path, label: str, encoding: str | None = None) -> Clip:
        return Clip(id=path.relative_to(root).as_posix(), path=path, label=label, encoding=encoding)
