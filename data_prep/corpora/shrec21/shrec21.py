"""SHREC'21: sequences of about 37 s, each with two to five gestures of one hand among meaningless movements."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error
from data_prep.corpora.shrec21.annotations import Gesture, read_annotations
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings

#: The parts of the distribution, their annotations, and the split that their sequences are in.
PARTS = (
    ("training_set", "annotations_revised_training.txt", None),
    ("test_set", "annotations_revised.txt", "test"),
)
#: The field of a clip, among its extra ones, that says when each gesture is made.
TIMES = "gestures"


@dataclass(frozen=True)
class Shrec21(SplitSettings):
    """The distribution's own layout: ``{training,test}_set/sequences/*.txt`` with their revised annotations.

    A clip's text is the gestures of its sequence in order, and its extra field ``gestures`` says when each is made. No
    person is named, so sequences are held out one by one. The official test is used if it is there.

    Attributes:
        root: Folder that holds ``training_set`` or ``test_set``.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None

    def clips(self) -> Sequence[Clip]:
        """Return the sequences of the parts that are there."""
        expected = "training_set/annotations_revised_training.txt, test_set/annotations_revised.txt, and sequences/"
        root = check_root(self.root, expected)
        clips = [clip for part, annotations, split in PARTS for clip in _read_part(root / part, annotations, split)]
        if not clips:
            raise no_clips_error(self.root, expected)
        return self.assign_splits(clips)


def gestures_of(clip: Clip) -> list[Gesture]:
    """Return the gestures of a clip of this corpus, in order."""
    return [Gesture(**gesture) for gesture in clip.extra[TIMES]]


def _read_part(folder: Path, annotations: str, split: str | None) -> list[Clip]:
    """Return the sequences of one part of the distribution; none if it is not there.

    Raises:
        InputError: The annotations are missing, or wrong, or do not name a sequence that is there.
    """
    if not folder.is_dir():
        return []
    path = folder / annotations
    if not path.is_file():
        raise InputError(f"{path}: no such file; {folder.name} needs the revised annotations of its sequences")
    gestures = read_annotations(path)
    sequences = {file.stem for file in (folder / "sequences").glob("*.txt")}
    if unknown := sorted(sequences - gestures.keys(), key=lambda name: (len(name), name)):
        raise InputError(
            f"{path}: no line for {len(unknown)} of {len(sequences)} sequences, such as sequences/{unknown[0]}.txt; "
            "add their lines, or remove the files"
        )
    return [
        Clip(
            f"{folder.name}/{name}",
            folder / "sequences" / f"{name}.txt",
            text=" ".join(gesture.name for gesture in made),
            split=split,
            extra={TIMES: [asdict(gesture) for gesture in made]},
        )
        for name, made in gestures.items()
    ]
