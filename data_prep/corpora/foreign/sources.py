"""Finds the manifests that a corpus is read from, and reads each in its format."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from data_prep.corpora.foreign.elan import read_eaf
from data_prep.corpora.foreign.kaldi import read_kaldi_rows
from data_prep.corpora.foreign.lhotse import is_cut, is_supervision, read_cut, read_supervisions
from data_prep.corpora.foreign.tables import read_table_rows
from data_prep.corpora.foreign.textgrid import read_textgrid
from data_prep.corpora.foreign.tiers import SOUND_FIRST, VIDEO_FIRST, find_recording, tier_rows
from data_prep.corpora.foreign.wlasl import is_gloss, read_gloss
from data_prep.errors import InputError
from data_prep.json_rows import GZIP_MAGIC, Row, parse_line, read_json_rows
from data_prep.manifest import Clip, ClipCollector
from data_prep.manifest_columns import TARGETS, check_columns, split_named
from data_prep.operating_system import expand_home
from data_prep.streaming.manifest_indexing import ManifestIndexer
from data_prep.streaming.remote_manifest import fetch_manifest
from data_prep.streaming.url import is_url

log = logging.getLogger(__name__)

#: Names of the manifest in a folder, in the order in which they are looked for.
NAMES = ("manifest.jsonl", "manifest.csv", "manifest.tsv", "metadata.jsonl", "metadata.csv", "wav.scp")
#: Endings of files that hold rows, and of those that annotate a recording.
JSON_ENDINGS, TABLE_ENDINGS = (".jsonl", ".json", ".jsonl.gz", ".json.gz"), (".csv", ".tsv", ".csv.gz", ".tsv.gz")
TIER_ENDINGS = (".textgrid", ".eaf")
#: Manifests of JSON lines that are larger in all, in bytes, are not kept in memory: about 300,000 rows.
LAZY_BYTES = 64 << 20
EXPECTED = (
    "a manifest: JSON lines, CSV or TSV (.jsonl, .csv, .tsv), a Kaldi directory (wav.scp), lhotse's cuts (.jsonl.gz), "
    "WLASL's list (.json), or TextGrid or .eaf files next to their recordings"
)


@dataclass(frozen=True)
class Source:
    """A manifest, or a folder of files that annotate one recording each.

    Attributes:
        path: The file, or the folder.
        folder: Folder that relative paths start from.
        split: Split that its name tells.
        prefix: Begins the ids of rows without an id.
    """

    path: Path
    folder: Path
    split: str | None = None
    prefix: str = ""


def read_clips(root: str | Path, columns: Mapping[str, str]) -> Sequence[Clip]:
    """Read the clips of a manifest, or of the manifests in a folder; a large one of JSON lines is read lazily.

    Args:
        root: The manifest or the folder.
        columns: Names in the manifest of fields of a clip.

    Raises:
        InputError: There is no manifest, or it cannot be read; all wrong rows are named at once.
    """
    check_columns(columns)
    sources = find_sources(root)
    if _can_be_lazy(sources):
        indexer = ManifestIndexer(columns)
        for source in sources:
            indexer.add(source.path, source.folder, source.split, source.prefix)
        return indexer.finish()
    uses_tiers = all(_ends(source.path, TIER_ENDINGS) or _tier_files(source.path) for source in sources)
    if uses_tiers and (others := columns.keys() - TARGETS):
        raise InputError(f"corpus.columns.{min(others)}: only the tiers of 'text' or 'label' can be named for {root}")
    collector = ClipCollector({} if uses_tiers else columns)
    for source in sources:
        collector.add(read_rows(source, columns), source.folder, str(source.path), source.split, source.prefix)
    return collector.finish()


def _can_be_lazy(sources: Sequence[Source]) -> bool:
    """Whether manifests are large, and have a row for each clip on a line of its own."""
    if not all(_ends(source.path, (".jsonl",)) for source in sources):
        return False
    if sum(source.path.stat().st_size for source in sources) < LAZY_BYTES:
        return False
    firsts = [_first_line(source.path) for source in sources]
    if any(first.startswith(GZIP_MAGIC) for first in firsts):
        return False
    rows = map(_row_or_none, firsts)
    return not any(is_supervision(row) or is_cut(row) or is_gloss(row) for row in rows)


def _first_line(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.readline()


def _row_or_none(line: bytes) -> Any:
    """Return the row on a line; None if it is not JSON."""
    try:
        return parse_line(line, "")
    except InputError:
        return None


def find_sources(given: str | Path) -> list[Source]:
    """Find the manifests that a path stands for.

    At a URL, there is one manifest. In a folder they are, in this order: a file of `NAMES`; files or folders named like
    splits, such as ``train.tsv``; the only file that can be a manifest; files of tiers.

    Raises:
        InputError: There is none, or several could be meant.
    """
    if is_url(given):
        return [Source(*fetch_manifest(given, NAMES[:-1], JSON_ENDINGS + TABLE_ENDINGS))]
    root = expand_home(given).absolute()
    if root.is_file():
        if root.name == "wav.scp":
            return [Source(root.parent, root.parent)]
        if not _ends(root, JSON_ENDINGS + TABLE_ENDINGS + TIER_ENDINGS):
            raise InputError(f"corpus.root={given}: expected {EXPECTED}")
        return [Source(root, root.parent)]
    if not root.is_dir():
        raise InputError(f"corpus.root={given}: no such file or folder; expected {EXPECTED}")
    if found := _named_source(root):
        return [found]
    for folder in (root, root / "splits"):
        if by_split := _split_sources(root, folder):
            log.info("read as splits: %s", ", ".join(f"{each.path.name} ({each.split})" for each in by_split))
            return by_split
    files = [each for each in _files(root) if _ends(each, JSON_ENDINGS + TABLE_ENDINGS)]
    if len(files) == 1:
        return [Source(files[0], root)]
    if files:
        names = ", ".join(each.name for each in files[:5])
        raise InputError(f"corpus.root={given}: found several files that could be the manifest ({names}, …); give one")
    if _tier_files(root):
        return [Source(root, root)]
    raise InputError(f"corpus.root={given}: the folder holds none of {', '.join(NAMES[:3])}; expected {EXPECTED}")


def read_rows(source: Source, columns: Mapping[str, str]) -> Iterator[Row]:
    """Read the rows of a manifest in its format.

    Raises:
        InputError: The manifest cannot be read.
    """
    path = source.path
    if path.is_dir() and not _tier_files(path):
        return read_kaldi_rows(path)
    if path.is_dir() or _ends(path, TIER_ENDINGS):
        return _tier_rows([path] if path.is_file() else _tier_files(path), source.folder, columns)
    if _ends(path, TABLE_ENDINGS):
        return read_table_rows(path, columns)
    rows = read_json_rows(path)
    first = next(rows, None)
    rows = chain([first] if first else [], rows)
    if first and is_supervision(first.values):
        rows = read_supervisions(path, rows)
    return chain.from_iterable(_expand(row, source.folder) for row in rows)


def _expand(row: Row, folder: Path) -> Iterator[Row]:
    if is_cut(row.values):
        return read_cut(row, folder)
    return read_gloss(row, folder) if is_gloss(row.values) else iter([row])


def _named_source(folder: Path, split: str | None = None, prefix: str = "") -> Source | None:
    for name in NAMES:
        if (folder / name).is_file():
            return Source(folder if name == "wav.scp" else folder / name, folder, split, prefix)
    return None


def _split_sources(root: Path, folder: Path) -> list[Source]:
    """Find the manifests whose names, or whose folders' names, are those of splits, such as ``train_manifest.json``."""
    found = []
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        split = split_named(each.name.partition(".")[0].replace("_manifest", ""))
        if split and each.is_dir() and (source := _named_source(each, split, f"{each.name}/")):
            found.append(source)
        elif split and each.is_file() and _ends(each, JSON_ENDINGS + TABLE_ENDINGS):
            found.append(Source(each, folder, split))
    return found


def _tier_rows(files: Sequence[Path], root: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    for file in files:
        try:
            if file.suffix.lower() == ".eaf":
                tiers, media = read_eaf(file)
                recording = find_recording(file, [name for name, _ in media], VIDEO_FIRST)
                yield from tier_rows(tiers, recording, dict(media).get(recording.name, 0.0), columns, file, root)
            else:
                tiers, recording = read_textgrid(file), find_recording(file, [], SOUND_FIRST)
                yield from tier_rows(tiers, recording, 0.0, columns, file, root)
        except InputError as error:
            yield Row(str(file), error)


def _tier_files(folder: Path) -> list[Path]:
    """Return the files of tiers in a folder and below it, unless the folder is one of Kaldi."""
    if not folder.is_dir() or (folder / "wav.scp").is_file():
        return []
    return sorted(each for each in folder.rglob("*") if _ends(each, TIER_ENDINGS) and each.is_file())


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith("."))


def _ends(path: Path, endings: Sequence[str]) -> bool:
    return path.name.lower().endswith(tuple(endings))
