"""A corpus whose file names contain everything there is to know about a clip."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from data_prep.corpora.corpus import check_root, no_clips_error
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import SPLITS, Clip
from data_prep.splits import SplitSettings

FIELDS = ("label", "text", "speaker", "split")


@dataclass(frozen=True)
class PatternCorpus(SplitSettings):
    """All files whose path matches a regular expression with named groups; a YAML file suffices to add such a corpus.

    Attributes:
        root: Folder of the corpus.
        pattern: Regular expression that must match the whole path below the root, written with ``/``. The named groups
            ``label``, ``text``, ``speaker`` and ``split`` fill the fields of the clip; other named groups are kept
            as extra fields.
        encoding: Encoding of headerless audio files, such as "s16be@16000".
    """

    root: str
    pattern: str
    encoding: str | None = None
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None

    def __post_init__(self) -> None:
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise InputError(f"corpus.pattern: not a regular expression ({error}): {self.pattern}") from None
        if not {"label", "text"} & set(groups):
            raise InputError(f"corpus.pattern: needs a group named label or text, found {list(groups)}: {self.pattern}")
        if reserved := sorted({field.name for field in fields(Clip)} & set(groups) - set(FIELDS)):
            raise InputError(f"corpus.pattern: rename the group {', '.join(reserved)}, a reserved name: {self.pattern}")

    def clips(self) -> Sequence[Clip]:
        """Return a clip for each file that matches the pattern."""
        expected = f"files whose paths match {self.pattern}"
        root = check_root(self.root, expected)
        pattern = re.compile(self.pattern)
        clips = []
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if (match := pattern.fullmatch(name)) and path.is_file():
                groups = {key: value for key, value in match.groupdict().items() if value is not None}
                if groups.get("split", "train") not in SPLITS:
                    raise InputError(f"{path}: the pattern's split is {groups['split']!r}, expected one of {SPLITS}")
                values: dict[str, Any] = {key: groups.pop(key, None) for key in FIELDS}
                clips.append(Clip(name, path, encoding=self.encoding, extra=groups, **values))
        if not clips:
            raise no_clips_error(self.root, expected)
        return self.assign_splits(clips)
