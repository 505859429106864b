"""Series of numbers from files: the same numbers come out, and whatever is not a series is a clear failure."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.media import Media, MediaError, number_series
from data_prep.media.number_series import number_series_of, read_number_series

VALUES = np.random.default_rng(0).normal(50, 20, (7, 3))


def table(separator: str = ",", ending: str = "\n", head: str = "") -> str:
    return head + "".join(separator.join(map(repr, row)) + ending for row in VALUES.tolist())


def read(path: Path, content: str | bytes = "", **settings: Any) -> np.ndarray:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_number_series(Media(path), 1.0, **settings)


@pytest.mark.parametrize("separator", [",", ";", "\t", ", ", " ; "])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n"])
def test_tables_hold_a_row_for_each_frame(tmp_path: Path, separator: str, ending: str) -> None:
    found = read(tmp_path / "a.csv", table(separator, ending))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, VALUES.astype(np.float32))


@pytest.mark.parametrize(
    ("content", "header_lines", "expected"),
    [
        ("5\n6\n7", 0, [[5], [6], [7]]),
        ("temp,wind\n1,2\n", 1, [[1, 2]]),
        ("# made by\n# somebody\n1;2\n", 2, [[1, 2]]),
        ("\ufeff1,2\n", 0, [[1, 2]]),
        ('"1","2.5"\n-3e2, +4\n', 0, [[1, 2.5], [-300, 4]]),
    ],
)
def test_headers_marks_and_quotes(tmp_path: Path, content: str, header_lines: int, expected: list) -> None:
    assert read(tmp_path / "a.csv", content, header_lines=header_lines).tolist() == expected


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", ">f8", "i1", "u2", "i8", "?"])
def test_arrays_of_any_number_type(tmp_path: Path, kind: str) -> None:
    values = (np.arange(12).reshape(4, 3) % 2).astype(kind)
    for given, expected in ((values, values), (np.asfortranarray(values), values), (values[:, 0], values[:, :1])):
        np.save(tmp_path / "a.npy", given)
        found = read_number_series(Media(tmp_path / "a.npy"), 1.0)
        assert (found.dtype, found.shape) == (np.float32, expected.shape)
        np.testing.assert_array_equal(found, expected.astype(np.float32))
        np.testing.assert_array_equal(number_series_of(given), found)


def test_a_time_range_is_a_part_of_the_frames(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    (tmp_path / "a.csv").write_text(table())
    for name in ("a.npy", "a.csv"):
        found = read_number_series(Media(tmp_path / name, 0.2, 0.5), 10.0)
        np.testing.assert_array_equal(found, VALUES[2:5].astype(np.float32))
        with pytest.raises(MediaError, match=r"holds no frame between 1\.0 s and its end"):
            read_number_series(Media(tmp_path / name, 1.0), 10.0)
        with pytest.raises(MediaError, match=r"end_s is 9, but the file ends after 0\.70 s"):
            read_number_series(Media(tmp_path / name, 0.0, 9.0), 10.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n \n", "holds no row of numbers"),
        ("temp,wind\n1,2\n", r":1: column 1: 'temp' is not a number; .* set features\.header_lines=1"),
        ("1,2\n3,x\n", r":2: column 2: 'x' is not a number$"),
        ("1,2\n3,\n", ":2: column 2: the cell is empty$"),
        ("1,2\n3\n", r":2: found 1 column\(s\), expected 2"),
        ("1,2\n\n3,4,5\n", r":3: found 3 column\(s\), expected 2"),
        ("1_000,2\n", "'1_000' is not a number"),
        ("1,2\n3,nan\nnan,4\n", r"2 of its 3 frames hold NaN or infinity, the first in frame 2, column 2 \(nan\)"),
        ("1,-inf\n", "1 of its 1 frames hold NaN or infinity, the first in frame 1, column 2"),
        ("1,1e300\n", r"column 2 \(1e\+300\)"),
        (b"\xff\xfe1\x00", "not a table of numbers in UTF-8"),
    ],
)
def test_tables_that_are_no_series_are_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(MediaError, match=message) as raised:
        read(tmp_path / "a.csv", content)
    assert str(tmp_path / "a.csv") in str(raised.value)


class Bomb:
    """Would be seen to be unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return (exec, ("raise SystemExit('unpickled')",))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([Bomb()], object), "not readable as a NumPy array of numbers"),
        (np.array([["a", "b"]]), r"found <U1 \(1, 2\), expected numbers \(frames, features\)"),
        (np.zeros((3, 2), complex), "found complex128"),
        (np.zeros(3, [("a", "f4")]), "expected numbers"),
        (np.zeros((2, 3, 4)), r"found float64 \(2, 3, 4\)"),
        (np.array(1.0), r"found float64 \(\)"),
        (np.zeros((0, 3)), r"holds no number; found the shape \(0, 3\)"),
        (np.zeros((3, 0)), "holds no number"),
        (np.array([[1.0, np.nan]]), "hold NaN or infinity"),
        (np.array([[1e300]]), "hold NaN or infinity"),
    ],
)
def test_arrays_that_are_no_series_are_refused(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(MediaError, match=message):
        read_number_series(Media(tmp_path / "a.npy"), 1.0)


def test_other_files_by_that_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, VALUES)
    whole = path.read_bytes()
    for content in (whole[:-9], whole[:40], b"hello", pickle.dumps(Bomb())):
        with pytest.raises(MediaError, match="not readable as a NumPy array"):
            read(path, content)
    with open(path, "wb") as file:
        np.savez(file, a=VALUES)
    with pytest.raises(MediaError, match="an archive of arrays"):
        read_number_series(Media(path), 1.0)
    with pytest.raises(MediaError, match=r"missing\.npy: no such file"):
        read_number_series(Media(tmp_path / "missing.npy"), 1.0)
    with pytest.raises(MediaError, match=r"encoding is 'landmarks@30', but a series of numbers has none"):
        read_number_series(Media(path, encoding="landmarks@30"), 1.0)


def test_what_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    (tmp_path / "a.csv").write_text(table())
    for limit, value, message in (
        ("MAX_SERIES_FRAMES", 6, "holds 7 frames, and at most 6 are read"),
        ("MAX_NUMBERS", 20, "numbers"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(number_series, limit, value)
            for name in ("a.npy", "a.csv"):
                with pytest.raises(MediaError, match=message):
                    read_number_series(Media(tmp_path / name), 1.0)
    monkeypatch.setattr(number_series, "MAX_TABLE_BYTES", 10)
    with pytest.raises(MediaError, match="has more than"):
        read_number_series(Media(tmp_path / "a.csv"), 1.0)
