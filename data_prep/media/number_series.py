"""Series of numbers, (T, F), from NumPy and CSV files and from arrays: prices, weather, sensors, any features."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data_prep.media.arrays import ARRAY
from data_prep.media.file import SPLIT_ADVICE, Media, MediaError, check_end, check_file

#: Most frames and most numbers in a clip: 400 MB as float32.
MAX_SERIES_FRAMES, MAX_NUMBERS = 1_000_000, 100_000_000
#: Most bytes of a table.
MAX_TABLE_BYTES = 1 << 30
#: Separators of a table's cells, in the order in which they are tried on its first line.
SEPARATORS = ("\t", ";", ",")


def read_number_series(media: Media, rate_hz: float, header_lines: int = 0) -> np.ndarray:
    """Read the frames of a NumPy array (``.npy``) or a table (any other ending), one row a frame.

    Args:
        media: File and time range.
        rate_hz: Frames per second, by which the time range is read.
        header_lines: Lines to skip at the beginning of a table.

    Returns:
        (T, F) float32, at least one of each.

    Raises:
        MediaError: The file is missing, damaged or too long, or holds anything but finite numbers in rows of equal
            length.
    """
    check_file(media.path)
    if media.encoding is not None:
        raise MediaError(
            f"{media.path}: encoding is {media.encoding!r}, but a series of numbers has none; leave it out, and give "
            "the rate as features.frame_rate_hz"
        )
    is_array = media.path.suffix.lower() == ".npy"
    values = _read_npy(media.path) if is_array else _read_table(media.path, header_lines)
    _check_length(media.path, len(values))
    start, stop = media.index_range(rate_hz, len(values))
    check_end(media, len(values) / rate_hz)
    if len(values[start:stop]) == 0:
        raise MediaError(
            f"{media.path}: holds no frame{media.describe_range()}; correct the clip's times, or remove it"
        )
    return _checked(media.path, values[start:stop])


def number_series_of(values: np.ndarray) -> np.ndarray:
    """Check an array (T, F), or (T,) for F = 1, and convert it to what `read_number_series` returns of a file.

    Raises:
        MediaError: It is empty, too long, or not such an array.
    """
    return _checked(ARRAY, _as_rows(ARRAY, values))


def _read_npy(path: Path) -> np.ndarray:
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy raises many kinds of errors on damaged files
        raise MediaError(
            f"{path}: not readable as a NumPy array of numbers ({error}); write it with numpy.save, as float32"
        ) from None
    if not isinstance(values, np.ndarray):
        raise MediaError(f"{path}: it is an archive of arrays; write the one array with numpy.save")
    return _as_rows(path, values)


def _as_rows(name: Path | str, values: np.ndarray) -> np.ndarray:
    """Check type and shape, before anything is read of a file: (T, F)."""
    if values.dtype.kind not in "biuf" or values.ndim not in (1, 2):
        raise MediaError(
            f"{name}: found {values.dtype} {values.shape}, expected numbers (frames, features) or (frames,)"
        )
    rows = values[:, None] if values.ndim == 1 else values
    if rows.size == 0:
        raise MediaError(f"{name}: holds no number; found the shape {values.shape}")
    _check_length(name, len(rows))
    if rows.size > MAX_NUMBERS:
        raise MediaError(f"{name}: holds {rows.size} numbers, and at most {MAX_NUMBERS} are read; {SPLIT_ADVICE}")
    return rows


def _check_length(name: Path | str, count: int) -> None:
    if count > MAX_SERIES_FRAMES:
        raise MediaError(f"{name}: holds {count} frames, and at most {MAX_SERIES_FRAMES} are read; {SPLIT_ADVICE}")


def _read_table(path: Path, header_lines: int) -> np.ndarray:
    """Read rows of numbers, separated by tabs, semicolons or commas: (T, F) float64."""
    if path.stat().st_size > MAX_TABLE_BYTES:
        raise MediaError(f"{path}: has more than {MAX_TABLE_BYTES >> 30} GB; store it as .npy, or split it")
    numbers = array("d")  # of all rows: a list of lists would take four times the memory
    width, separator = 0, ""
    for number, line in _lines(path):
        if number <= header_lines or not line.strip():
            continue
        separator = separator or next((each for each in SEPARATORS if each in line), ",")
        row = _numbers_of(line.split(separator), f"{path}:{number}", number == header_lines + 1)
        width = width or len(row)
        if len(row) != width:
            raise MediaError(f"{path}:{number}: found {len(row)} column(s), expected {width} as in the rows before it")
        numbers.extend(row)
        _check_length(path, len(numbers) // width)
        if len(numbers) > MAX_NUMBERS:
            raise MediaError(f"{path}: holds more than {MAX_NUMBERS} numbers; {SPLIT_ADVICE}")
    if not numbers:
        skipped = f" after {header_lines} header line(s)" if header_lines else ""
        raise MediaError(f"{path}: holds no row of numbers{skipped}")
    return np.frombuffer(numbers).reshape(-1, width)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            yield from enumerate(file, 1)
    except UnicodeDecodeError as error:
        raise MediaError(f"{path}: not a table of numbers in UTF-8 ({error})") from None


def _numbers_of(cells: list[str], where: str, is_first: bool) -> list[float]:
    """Convert the cells of a row; `is_first` tells that it may be a header."""
    row = []
    for column, cell in enumerate(cells, 1):
        text = cell.strip().strip('"').strip()
        try:
            if "_" in text:  # which Python allows in numbers
                raise ValueError
            row.append(float(text))
        except ValueError:
            hint = "; if it is the name of a column, set features.header_lines=1" if is_first and text else ""
            found = f"{text[:40]!r} is not a number" if text else "the cell is empty"
            raise MediaError(f"{where}: column {column}: {found}{hint}") from None
    return row


def _checked(name: Path | str, rows: np.ndarray) -> np.ndarray:
    """(T, F) of any number type -> float32, all finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.array(rows, np.float32, order="C")  # a copy: a file that is mapped may change
    wrong = ~np.isfinite(values)
    if wrong.any():
        frames = wrong.any(axis=1)
        frame, column = np.argwhere(wrong)[0].tolist()
        raise MediaError(
            f"{name}: {frames.sum()} of its {len(values)} frames hold NaN or infinity, the first in frame {frame + 1}, "
            f"column {column + 1} ({rows[frame, column]}); fill gaps in before, or remove these frames"
        )
    return values
