"""A corpus of number series: arrays and tables sorted into folders, or listed in a manifest."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error
from data_prep.corpora.folder import find_split_level
from data_prep.corpora.foreign.sources import NAMES
from data_prep.corpora.manifest import ManifestCorpus
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.manifest_columns import split_named
from data_prep.media import SERIES_SUFFIXES
from data_prep.operating_system import expand_home
from data_prep.splits import SplitSettings

EXPECTED = "a folder for each class with .npy or .csv files in it, or a manifest that lists them"


@dataclass(frozen=True)
class ArraysCorpus(SplitSettings):
    """Series of numbers, (T, F), each in a ``.npy``, ``.csv`` or ``.tsv`` file of its own.

    Either each class has a folder, as in ``root/LABEL/anything.npy``, with folders of splits above or below it as in
    `FolderCorpus`; or a manifest gives each file a ``label`` or a ``text``, and all else that a `Clip` has. With
    ``start_s`` and ``end_s`` it can cut many clips from a long series.

    Attributes:
        root: The folder of the classes' folders; or the manifest, or a folder that holds one named ``manifest`` or
            ``metadata``.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None

    def clips(self) -> Sequence[Clip]:
        """Return a clip for each file, or for each row."""
        path = expand_home(self.root)
        if path.is_file() or any((path / name).is_file() for name in NAMES):
            settings = (self.validation_share, self.test_share, self.fold)
            return ManifestCorpus(self.root, *settings, folds=self.folds).clips()
        root = check_root(self.root, EXPECTED)
        paths = sorted(_find_series(root))
        if not paths:
            raise no_clips_error(self.root, EXPECTED)
        return self.assign_splits(_clips_of_folders(root, paths))


def _find_series(root: Path) -> list[Path]:
    """Find the files in folders below the root, except hidden ones."""
    return [
        path
        for path in root.glob("*/**/*")
        if path.suffix.lower() in SERIES_SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    ]


def _clips_of_folders(root: Path, paths: list[Path]) -> list[Clip]:
    split_level = find_split_level(root, paths)
    label_level = 1 if split_level == 0 else 0
    clips = []
    for path in paths:
        parts = path.relative_to(root).parts
        split = None if split_level is None else split_named(parts[split_level])
        clips.append(Clip(path.relative_to(root).as_posix(), path, label=parts[label_level], split=split))
    return clips
