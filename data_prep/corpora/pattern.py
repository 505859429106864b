"""Corpora whose file names say everything: a pattern in a YAML, no code."""

import re
from dataclasses import dataclass, fields
from typing import Any

from data_prep.corpora.corpus import checked_root, no_clips
from data_prep.errors import InputError
from data_prep.manifest import SPLITS, Clip
from data_prep.splits import assign_splits

FIELDS = ("label", "text", "speaker", "split")


@dataclass(frozen=True)
class PatternCorpus:
    """Files whose path below the root matches a regular expression with named groups.

    Attributes:
        root: The folder.
        pattern: A regular expression for the whole path below the root (with ``/``). Its named groups ``label``,
            ``text``, ``speaker`` and ``split`` fill the clip's fields; other groups are kept as extra fields.
        encoding: How headerless files are encoded, such as "s16be@16000".
        validation_share: Share of clips for validation, by speaker, where the pattern has no ``split``.
        test_share: Likewise for the test.
        fold: Which of the parts of that size is held out, for cross-validation; see `assign_splits`.
    """

    root: str
    pattern: str
    encoding: str | None = None
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int = 0

    def __post_init__(self) -> None:
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise InputError(f"corpus.pattern: not a regular expression ({error}): {self.pattern}") from None
        if not {"label", "text"} & set(groups):
            raise InputError(f"corpus.pattern: needs a group named label or text, found {list(groups)}: {self.pattern}")
        if taken := sorted({field.name for field in fields(Clip)} & set(groups) - set(FIELDS)):
            raise InputError(f"corpus.pattern: {', '.join(taken)} cannot be the name of a group: {self.pattern}")

    def clips(self) -> list[Clip]:
        """Clips of the files that match."""
        root = checked_root(self.root, f"files whose paths match {self.pattern}")
        pattern = re.compile(self.pattern)
        clips = []
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if (match := pattern.fullmatch(name)) and path.is_file():
                groups = {key: value for key, value in match.groupdict().items() if value is not None}
                if groups.get("split", "train") not in SPLITS:
                    raise InputError(f"{path}: the pattern's split is {groups['split']!r}, expected one of {SPLITS}")
                fields: dict[str, Any] = {key: groups.pop(key, None) for key in FIELDS}
                clips.append(Clip(name, path, encoding=self.encoding, extra=groups, **fields))
        if not clips:
            raise no_clips(self.root, f"files whose paths match {self.pattern}")
        return assign_splits(clips, self.validation_share, self.test_share, self.fold)
