"""A corpus listed in a manifest: JSON lines, or a CSV or TSV table with a header."""

import csv
import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from data_prep.corpora.corpus import no_clips_error
from data_prep.errors import InputError, did_you_mean
from data_prep.manifest import Clip, clip_from_row, read_manifest
from data_prep.splits import assign_splits

log = logging.getLogger(__name__)

NAMES = ("manifest.jsonl", "manifest.csv", "manifest.tsv")


@dataclass(frozen=True)
class ManifestCorpus:
    """Clips listed in a manifest; each row has ``path``, ``text`` or ``label``, and optionally other fields of `Clip`.

    Attributes:
        root: The manifest, or a folder that holds a manifest.jsonl, manifest.csv or manifest.tsv.
        validation_share: Fraction of the clips used for validation, by speaker, if the rows have no split.
        test_share: Fraction of the clips used for testing, by speaker, if the rows have no split.
        fold: Cross-validation fold that is held out; see `assign_splits`.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int = 0

    def clips(self) -> list[Clip]:
        """Return a clip for each row."""
        path = self._find_manifest()
        clips = list(read_manifest(path) if path.suffix == ".jsonl" else _read_table(path))
        if not clips:
            raise no_clips_error(self.root, "a row for each clip")
        _warn_of_misspelt_fields({name for clip in clips for name in clip.extra})
        return assign_splits(clips, self.validation_share, self.test_share, self.fold)

    def _find_manifest(self) -> Path:
        path = Path(self.root).expanduser().absolute()
        if path.is_dir():
            for name in NAMES:
                if (path / name).is_file():
                    return path / name
            raise InputError(f"corpus.root={self.root}: the folder holds none of {', '.join(NAMES)}")
        if not path.exists():
            raise InputError(f"corpus.root={self.root}: no such file or folder; expected a manifest")
        if path.suffix not in (".jsonl", ".csv", ".tsv"):
            raise InputError(f"corpus.root={self.root}: expected a manifest whose name ends in .jsonl, .csv or .tsv")
        return path


def _warn_of_misspelt_fields(names: set[str]) -> None:
    known = [field.name for field in fields(Clip) if field.name != "extra"]
    for name in sorted(names):
        if hint := did_you_mean(name.lower(), known, cutoff=0.7):
            log.warning("the manifest's field %r has no meaning here and is kept as it is%s", name, hint)


def _read_table(path: Path) -> Iterator[Clip]:
    line_of_id: dict[str, int] = {}
    with open(path, encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ",")
        try:
            for row in rows:
                number = rows.line_num  # right even if a quoted cell spans several lines
                place = f"{path}:{number}"
                clip = clip_from_row(_parse_cells(row, place), place, path.parent)
                if clip.id in line_of_id:
                    raise InputError(
                        f"{place}: duplicate id {clip.id!r} (first used on line {line_of_id[clip.id]}); give each row "
                        "a unique 'id'"
                    )
                line_of_id[clip.id] = number
                yield clip
        except UnicodeDecodeError:
            raise InputError(f"{path}: not valid UTF-8; save the manifest as UTF-8") from None
        except csv.Error as error:
            raise InputError(f"{path}:{rows.line_num}: not readable as a table ({error})") from None


def _parse_cells(row: dict[Any, Any], place: str) -> dict[str, Any]:
    """Turn cells into values: times into numbers; empty cells are dropped unless they are the target (an error)."""
    if None in row:
        raise InputError(f"{place}: more cells than the header has columns; quote cells that contain the delimiter")
    values: dict[str, Any] = {key: value for key, value in row.items() if value or key in ("text", "label")}
    for name in ("start_s", "end_s"):
        if name in values:
            try:
                values[name] = float(values[name])
            except ValueError:
                raise InputError(f"{place}: {name!r} is {values[name]!r}, expected a number of seconds") from None
    return values
