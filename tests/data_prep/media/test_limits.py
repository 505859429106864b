"""Media that would eat the memory, or the night."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.media import Media, MediaError, pictures, read_audio, read_pictures, sound
from tests.data_prep.media.test_kinds import RATE_HZ, TONE, write_video


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds next to nothing."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("size", "said"), [((12_000, 12_000), "a picture of 12000 x 12000"), ((60_000, 60_000), "bomb")]
)
def test_a_picture_that_would_eat_the_memory_is_refused(tmp_path: Path, size: tuple[int, int], said: str) -> None:
    (tmp_path / "a.png").write_bytes(png_of_size(*size))
    with pytest.raises(MediaError, match=rf"a\.png: .*{said}"):
        list(read_pictures(Media(tmp_path / "a.png")))


def test_sound_that_promises_days_is_refused_and_its_parts_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, TONE, RATE_HZ)
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F  # the 36 bits of the number of samples
    content[22:26] = b"\xff" * 4
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"lasts 1193\.0 h or more, and at most 4 h are read at a stretch; cut it up"):
        read_audio(Media(path))
    np.testing.assert_allclose(read_audio(Media(path, 0.1, 0.2))[0], TONE[1600:3200], atol=1e-4)


def test_sound_of_a_length_nobody_knows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "piped.flac"
    soundfile.write(path, TONE, RATE_HZ)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = b"\0" * 4
    path.write_bytes(content)
    np.testing.assert_allclose(read_audio(Media(path))[0], TONE, atol=1e-4)


def test_too_much_is_refused_while_it_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers need not tell, nor be right."""
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ)
    write_video(tmp_path / "a.avi", "mpeg4", "yuv420p", (64, 48))
    monkeypatch.setattr(sound, "MAX_SAMPLES", 9_999)
    with pytest.raises(MediaError, match=r"a\.wav: more than 0 million samples; cut it up"):
        read_audio(Media(tmp_path / "a.wav"))
    monkeypatch.setattr(pictures, "MAX_PICTURES", 3)
    with pytest.raises(MediaError, match=r"a\.avi: more than 3 pictures; cut it up"):
        list(read_pictures(Media(tmp_path / "a.avi")))
    monkeypatch.setattr(pictures, "MAX_VIDEO_S", 0.25)
    with pytest.raises(MediaError, match=r"a\.avi: lasts .* at a stretch; cut it up, or name its parts"):
        list(read_pictures(Media(tmp_path / "a.avi")))


@pytest.mark.parametrize("rate_hz", [1, 2_000_000_000])
def test_a_sample_rate_that_cannot_be_is_refused(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = rate_hz.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(MediaError, match=rf"a\.wav: says it was recorded at {rate_hz} Hz"):
        read_audio(Media(tmp_path / "a.wav"))
