"""Headers are read as they are meant, and files without one as they are said to be."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.media import Media, MediaError, read_audio
from tests.data_prep.media.media_files import (
    RATE_HZ,
    TONE,
    babble,
    write_flac_of_length,
    write_with_soundfile,
)


def test_nist_sphere_files_are_read_as_written(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.sph", TONE, RATE_HZ, format="NIST", subtype="PCM_16")
    np.testing.assert_allclose(read_audio(Media(tmp_path / "a.sph"))[0], TONE, atol=2 / 32768)


@pytest.mark.parametrize(
    ("encoding", "dtype"),
    [("s16be@16000", ">i2"), ("s16le@16000", "<i2"), ("s16@16000", "<i2"), ("s32be@16000", ">i4")],
)
def test_headerless_sound_is_read_with_the_given_encoding(tmp_path: Path, encoding: str, dtype: str) -> None:
    full_scale = np.iinfo(dtype).max
    (tmp_path / "a.raw").write_bytes((TONE.astype(np.float64) * full_scale).astype(dtype).tobytes())
    samples, rate_hz = read_audio(Media(tmp_path / "a.raw", encoding=encoding))
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(samples, TONE, atol=1e-4)


def test_headerless_unsigned_bytes_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(np.round(TONE * 127 + 128).astype(np.uint8).tobytes())
    samples, rate_hz = read_audio(Media(tmp_path / "a.pcm", encoding="u8@8000"))
    assert rate_hz == 8000
    np.testing.assert_allclose(samples, TONE, atol=0.02)


@pytest.mark.parametrize(("encoding", "subtype"), [("ulaw@8000", "ULAW"), ("alaw@8000", "ALAW")])
def test_headerless_telephone_sound_is_read(tmp_path: Path, encoding: str, subtype: str) -> None:
    soundfile.write(tmp_path / "a.raw", TONE, 8000, format="RAW", subtype=subtype)
    samples, rate_hz = read_audio(Media(tmp_path / "a.raw", encoding=encoding))
    assert rate_hz == 8000
    np.testing.assert_allclose(samples, TONE, atol=0.02)


def test_headerless_sound_needs_an_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"\0\1" * 100)
    with pytest.raises(MediaError, match=r"a\.raw: the file has no header, .* give encoding=s16le@16000"):
        read_audio(Media(tmp_path / "a.raw"))


@pytest.mark.parametrize(
    "encoding", ["", "pcm", "s16be", "s12le@16000", "u16le@8000", "s8@8000", "ulaw16@8000", "u8le@1", "f32@1"]
)
def test_an_unknown_encoding_is_an_error(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.raw").write_bytes(b"\0\1" * 100)
    with pytest.raises(MediaError, match=r"a\.raw: encoding .* is not understood; expected for example s16be@16000"):
        read_audio(Media(tmp_path / "a.raw", encoding=encoding))


def test_shorten_compression_is_an_error_with_the_way_to_uncompress_it(tmp_path: Path) -> None:
    header = "NIST_1A\n   1024\nsample_coding -s26 pcm,embedded-shorten-v2.00\nend_head\n"
    (tmp_path / "a.sph").write_text(header.ljust(3000))
    with pytest.raises(MediaError, match=r"a\.sph: the NIST sphere file is compressed with shorten.*sph2pipe"):
        read_audio(Media(tmp_path / "a.sph"))


def test_a_wav_that_ends_before_its_header_says_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, np.zeros(8000), 8000)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(MediaError, match=r"cut\.wav: truncated: its header promises 16000 bytes of sound"):
        read_audio(Media(path))


@pytest.mark.parametrize(("name", "options"), [("a.mp3", {}), ("a.sph", {"format": "NIST", "subtype": "PCM_16"})])
def test_other_truncated_sound_is_an_error(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    path = tmp_path / name
    write_with_soundfile(path, babble(RATE_HZ), RATE_HZ, **options)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(MediaError, match=f"{name}: truncated: its header promises"):
        read_audio(Media(path))


def test_a_wav_of_unknown_length_from_a_pipe_is_read(tmp_path: Path) -> None:
    path = tmp_path / "piped.wav"
    soundfile.write(path, np.full(8000, 0.1), 8000)
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(content))
    samples, rate_hz = read_audio(Media(path))
    assert (len(samples), rate_hz) == (8000, 8000)


def test_a_flac_of_unknown_length_from_a_pipe_is_read(tmp_path: Path) -> None:
    write_flac_of_length(tmp_path / "piped.flac", 0)
    np.testing.assert_allclose(read_audio(Media(tmp_path / "piped.flac"))[0], TONE, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "kind", "subtype"),
    [("a.mp3", "MP3", "MPEG_LAYER_III"), ("a.ogg", "OGG", "VORBIS"), ("a.opus", "OGG", "OPUS")],
)
def test_recordings_that_were_joined_to_a_file_are_all_read(
    tmp_path: Path, name: str, kind: str, subtype: str, caplog: pytest.LogCaptureFixture
) -> None:
    content = b""
    for seconds in (2, 3):
        sound_of_part = np.resize(babble(48_000), seconds * 48_000)
        soundfile.write(tmp_path / name, sound_of_part, 48_000, format=kind, subtype=subtype)
        content += (tmp_path / name).read_bytes()
    alone, rate_hz = read_audio(Media(tmp_path / name))
    assert len(alone) / rate_hz == pytest.approx(3, abs=0.1)
    assert "joined" not in caplog.text
    (tmp_path / name).write_bytes(content)
    samples, rate_hz = read_audio(Media(tmp_path / name))
    assert len(samples) / rate_hz == pytest.approx(5, abs=0.1)
    assert np.abs(samples[-rate_hz:]).max() > 0.05
    assert "consists of several recordings that were joined" in caplog.text
