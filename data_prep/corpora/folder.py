"""A class a folder: the plainest corpus there is."""

from dataclasses import dataclass

from data_prep.corpora.corpus import checked_root, media_files, no_clips
from data_prep.manifest import Clip
from data_prep.splits import assign_splits


@dataclass(frozen=True)
class FolderCorpus:
    """Recordings, photos or videos sorted into folders: ``root/LABEL/anything``.

    Attributes:
        root: The folder with the classes' folders.
        validation_share: Share of the clips of each class for validation.
        test_share: Likewise for the test.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1

    def clips(self) -> list[Clip]:
        """A clip for each media file below a class's folder."""
        expected = "a folder for each class with recordings, photos or videos in it"
        root = checked_root(self.root, expected)
        clips = []
        for path in media_files(root):
            name = path.relative_to(root)
            if len(name.parts) > 1:
                clips.append(Clip(id=name.as_posix(), path=path, label=name.parts[0]))
        if not clips:
            raise no_clips(self.root, expected)
        return assign_splits(clips, self.validation_share, self.test_share)
