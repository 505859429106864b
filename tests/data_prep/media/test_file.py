import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from data_prep.errors import InputError
from data_prep.media import Media, MediaError, read_audio, read_pictures
from data_prep.media.file import check_file, rate_from_encoding
from tests.data_prep.media.media_files import RATE_HZ, TONE, grey_steps, write_video, write_with_ffmpeg


@pytest.mark.parametrize(
    ("start_s", "end_s", "count", "expected"),
    [
        (None, None, None, (0, None)),
        (None, None, 50, (0, 50)),
        (1.0, None, 50, (10, 50)),
        (1.0, 2.0, None, (10, 20)),
        (1.04, 1.06, None, (10, 11)),
        (1.0, 9.0, 50, (10, 50)),
    ],
)
def test_a_time_range_becomes_a_range_of_indices(
    start_s: float | None, end_s: float | None, count: int | None, expected: tuple[int, int | None]
) -> None:
    assert Media(Path("a.wav"), start_s, end_s).index_range(10.0, count) == expected


def test_a_time_range_is_described_for_messages() -> None:
    path = Path("a.wav")
    assert Media(path).describe_range() == ""
    assert Media(path, end_s=2.0).describe_range() == " between 0 s and 2.0 s"
    assert Media(path, 1.0).describe_range() == " between 1.0 s and its end"


def test_a_rate_is_read_from_an_encoding() -> None:
    assert rate_from_encoding(Media(Path("a")), "frames", 25.0) == 25.0
    assert rate_from_encoding(Media(Path("a"), encoding="frames@29.97"), "frames", 25.0) == 29.97


@pytest.mark.parametrize("encoding", ["", "frames", "frames@0", "frames@1001", "frames@x", "landmarks@30"])
def test_an_encoding_of_another_kind_or_rate_is_an_error(encoding: str) -> None:
    with pytest.raises(MediaError, match=r"a: encoding .* is not understood; expected frames@RATE"):
        rate_from_encoding(Media(Path("a"), encoding=encoding), "frames", 25.0)


def test_a_media_error_is_an_input_error() -> None:
    assert issubclass(MediaError, InputError)


def test_a_broken_link_is_named_with_its_target(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "gone.wav")
    with pytest.raises(MediaError, match=r"a\.wav: no such file \(it is a broken link to .*gone\.wav\)"):
        check_file(tmp_path / "a.wav")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_an_error_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(MediaError, match=r"a\.wav: is a pipe, a socket or a device, not a file"):
        read_audio(Media(tmp_path / "a.wav"))


def write_unusable_file(path: Path, kind: str) -> None:
    rng = np.random.default_rng(0)
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("hello, this is a text file and no recording\n" * 20)
    elif kind == "garbage":
        path.write_bytes(rng.bytes(5000))
    elif kind == "folder":
        path.mkdir()
    elif kind == "truncated":
        whole = path.with_name("whole" + path.suffix)
        if path.suffix == ".mp4":
            write_video(whole, grey_steps(12))
        elif path.suffix == ".m4a":
            write_with_ffmpeg(whole, TONE)
        elif path.suffix == ".jpg":
            Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(whole)
        else:
            soundfile.write(whole, TONE, RATE_HZ)
        content = whole.read_bytes()
        path.write_bytes(content[: 20 if path.suffix == ".wav" else len(content) // 2])


@pytest.mark.parametrize(
    ("read", "name", "kind", "reason"),
    [
        (read_audio, "a.wav", "missing", "no such file"),
        (read_audio, "a.wav", "folder", "is a folder, expected a file"),
        (read_audio, "a.wav", "empty", "the file is empty (0 bytes)"),
        (read_audio, "a.wav", "text", "not readable as audio"),
        (read_audio, "a.wav", "garbage", "not readable as audio"),
        (read_audio, "a.wav", "truncated", "not readable as audio"),
        (read_audio, "a.flac", "truncated", "not readable as audio"),
        (read_audio, "a.m4a", "truncated", "not readable as audio"),
        (read_audio, "a.mp3", "garbage", "not readable as audio"),
        (read_pictures, "a.mp4", "missing", "no such file"),
        (read_pictures, "a.mp4", "empty", "the file is empty (0 bytes)"),
        (read_pictures, "a.mp4", "text", "not readable as a video"),
        (read_pictures, "a.mp4", "garbage", "not readable as a video"),
        (read_pictures, "a.mp4", "truncated", "not readable as a video"),
        (read_pictures, "a.jpg", "empty", "the file is empty (0 bytes)"),
        (read_pictures, "a.jpg", "text", "not readable as a photo"),
        (read_pictures, "a.jpg", "truncated", "not readable as a photo"),
        (read_pictures, "a.png", "garbage", "not readable as a photo"),
    ],
)
def test_an_unusable_file_is_named_with_the_reason(
    tmp_path: Path, read: Callable[[Media], object], name: str, kind: str, reason: str
) -> None:
    path = tmp_path / name
    write_unusable_file(path, kind)
    with pytest.raises(MediaError) as error:
        list(read(Media(path)))  # type: ignore[call-overload]
    assert str(error.value).startswith(f"{path}: {reason}")
