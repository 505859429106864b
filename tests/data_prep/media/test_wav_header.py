"""WAV files are read to their end, whatever length an unfinished header states."""

import logging
import struct
from pathlib import Path

import numpy as np
import pytest

from data_prep.media import Media, MediaError, read_audio

RATE_HZ = 16_000
SAMPLES = (9000 * np.sin(np.arange(2 * RATE_HZ) / 10)).astype("<i2")


def write_wav(path: Path, stated: int, riff: int = 0, before: bytes = b"", after: bytes = b"") -> Path:
    """Write 2 s of sound with a chosen length in the header, and other chunks before and after the samples."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    header = struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + form + before + struct.pack("<4sI", b"data", stated)
    path.write_bytes(header + SAMPLES.tobytes() + after)
    return path


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


INFO = chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"recorder"))


@pytest.mark.parametrize(("riff", "stated"), [(0, 0), (36, 0), (1036, 1000), (0xFFFFFFFF, 0xFFFFFFFF)])
@pytest.mark.parametrize("before", [b"", INFO], ids=["plain", "with LIST"])
def test_an_unfinished_header_does_not_hide_sound(
    tmp_path: Path, riff: int, stated: int, before: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_wav(tmp_path / "a.wav", stated, riff, before)
    with caplog.at_level(logging.WARNING):
        samples, rate_hz = read_audio(Media(path), "int16")
    np.testing.assert_array_equal(samples, SAMPLES)
    assert rate_hz == RATE_HZ
    assert ("states a wrong length" in caplog.text) == (stated < len(SAMPLES) * 2)
    part, _ = read_audio(Media(path, 0.5, 1.5), "int16")
    np.testing.assert_array_equal(part, SAMPLES[RATE_HZ // 2 : 3 * RATE_HZ // 2])


@pytest.mark.parametrize("after", [b"", INFO, chunk(b"id3 ", b"abc"), b"\0"])
def test_what_follows_the_samples_of_a_right_header_is_not_sound(tmp_path: Path, after: bytes, caplog) -> None:
    path = write_wav(tmp_path / "a.wav", len(SAMPLES) * 2, 100, after=after)
    np.testing.assert_array_equal(read_audio(Media(path), "int16")[0], SAMPLES)
    assert "wrong length" not in caplog.text


def test_a_wav_without_samples_stays_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(write_wav(tmp_path / "b.wav", 0).read_bytes()[:44])
    with pytest.raises(MediaError, match="no sound in it"):
        read_audio(Media(path))
