"""The user's own manifest: JSON lines, or a CSV or TSV with a header."""

import csv
import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from data_prep.corpora.corpus import no_clips
from data_prep.errors import InputError, did_you_mean
from data_prep.manifest import Clip, clip_from_row, read_manifest
from data_prep.splits import assign_splits

log = logging.getLogger(__name__)

NAMES = ("manifest.jsonl", "manifest.csv", "manifest.tsv")


@dataclass(frozen=True)
class ManifestCorpus:
    """Rows with at least ``path`` and ``text`` or ``label``; further fields as in `Clip`.

    Attributes:
        root: The manifest, or a folder with one named manifest.jsonl, manifest.csv or manifest.tsv.
        validation_share: Share of the clips for validation, by speaker, where the rows have no split.
        test_share: Likewise for the test.
        fold: Which of the parts of that size is held out, for cross-validation; see `assign_splits`.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int = 0

    def clips(self) -> list[Clip]:
        """The rows as clips."""
        path = self._manifest()
        clips = list(read_manifest(path) if path.suffix == ".jsonl" else _read_table(path))
        if not clips:
            raise no_clips(self.root, "a row for each clip")
        _warn_of_near_misses({name for clip in clips for name in clip.extra})
        return assign_splits(clips, self.validation_share, self.test_share, self.fold)

    def _manifest(self) -> Path:
        path = Path(self.root).expanduser().absolute()
        if path.is_dir():
            for name in NAMES:
                if (path / name).is_file():
                    return path / name
            raise InputError(f"corpus.root={self.root}: the folder holds none of {', '.join(NAMES)}")
        if not path.exists():
            raise InputError(f"corpus.root={self.root}: no such file or folder; expected a manifest")
        if path.suffix not in (".jsonl", ".csv", ".tsv"):
            raise InputError(f"corpus.root={self.root}: a manifest ends in .jsonl, .csv or .tsv")
        return path


def _warn_of_near_misses(names: set[str]) -> None:
    known = [field.name for field in fields(Clip) if field.name != "extra"]
    for name in sorted(names):
        if hint := did_you_mean(name.lower(), known, cutoff=0.7):
            log.warning("the manifest's %r is kept but means nothing here%s", name, hint)


def _read_table(path: Path) -> Iterator[Clip]:
    seen: set[str] = set()
    with open(path, encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ",")
        try:
            for row in rows:
                number = rows.line_num  # right even where a quoted cell spans several lines
                clip = clip_from_row(_typed(row, f"{path}:{number}"), f"{path}:{number}", path.parent)
                if clip.id in seen:
                    raise InputError(
                        f"{path}:{number}: the id {clip.id!r} stands twice; give the rows ids of their own"
                    )
                seen.add(clip.id)
                yield clip
        except UnicodeDecodeError:
            raise InputError(f"{path}: not valid UTF-8; save the manifest as UTF-8") from None
        except csv.Error as error:
            raise InputError(f"{path}:{rows.line_num}: not readable as a table ({error})") from None


def _typed(row: dict[Any, Any], where: str) -> dict[str, Any]:
    """Cells as the manifest's types: times are numbers, empty cells are absent (but an empty target is an error)."""
    if None in row:
        raise InputError(f"{where}: has more cells than the header names; quote cells that hold the delimiter")
    typed: dict[str, Any] = {key: value for key, value in row.items() if value or key in ("text", "label")}
    for name in ("start_s", "end_s"):
        if name in typed:
            try:
                typed[name] = float(typed[name])
            except ValueError:
                raise InputError(f"{where}: {name!r} is {typed[name]!r}, expected seconds") from None
    return typed
