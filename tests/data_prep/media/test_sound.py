"""Sound in any format and with any channels is decoded to samples."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from data_prep.media import Media, MediaError, read_audio
from tests.data_prep.media.media_files import (
    RATE_HZ,
    TONE,
    grey_steps,
    write_video,
    write_with_ffmpeg,
)


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [
        ("a.wav", "PCM_U8", 1 / 128),
        ("a.wav", "PCM_16", 2 / 32768),
        ("a.wav", "PCM_24", 1e-6),
        ("a.wav", "PCM_32", 1e-6),
        ("a.wav", "FLOAT", 0),
        ("a.flac", "PCM_16", 2 / 32768),
        ("a.aiff", "PCM_16", 2 / 32768),
    ],
)
def test_lossless_sound_is_read_as_written(tmp_path: Path, name: str, subtype: str, tolerance: float) -> None:
    soundfile.write(tmp_path / name, TONE, RATE_HZ, subtype=subtype)
    samples, rate_hz = read_audio(Media(tmp_path / name))
    assert rate_hz == RATE_HZ
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, TONE, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff"])
def test_16_bit_mono_sound_is_returned_exactly_as_recorded(tmp_path: Path, name: str) -> None:
    recorded = np.array([0, 1, -1, 1234, 32767, -32768], np.int16)
    soundfile.write(tmp_path / name, recorded, RATE_HZ)
    samples, _ = read_audio(Media(tmp_path / name), dtype="int16")
    assert samples.dtype == np.int16
    np.testing.assert_array_equal(samples, recorded)
    np.testing.assert_array_equal(read_audio(Media(tmp_path / name))[0], recorded / np.float32(32768))


def test_other_sound_is_rounded_to_16_bits_and_clipped(tmp_path: Path) -> None:
    stereo = np.array([[0.5, 0.25], [1.5, 1.5], [-1.5, -1.5], [0.4 / 32768, 0.4 / 32768], [0.6 / 32768, 0.6 / 32768]])
    soundfile.write(tmp_path / "a.wav", stereo, RATE_HZ, subtype="FLOAT")
    samples, _ = read_audio(Media(tmp_path / "a.wav"), dtype="int16")
    assert samples.dtype == np.int16
    assert samples.tolist() == [12288, 32767, -32768, 0, 1]


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.opus", "a.m4a", "a.mp4"])
def test_compressed_sound_keeps_its_length_and_pitch(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.m4a":
        write_with_ffmpeg(path, TONE)
    elif name == "a.mp4":
        write_video(path, grey_steps(10), samples=TONE)
    elif name == "a.opus":
        soundfile.write(path, TONE, RATE_HZ, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, TONE, RATE_HZ)
    samples, rate_hz = read_audio(Media(path))
    assert rate_hz == RATE_HZ
    assert len(samples) == pytest.approx(RATE_HZ, rel=0.1)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * rate_hz / len(samples) == pytest.approx(440, abs=2)
    assert samples.std() == pytest.approx(0.5 / np.sqrt(2), rel=0.2)


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(".mp3", "a.wav"), (".wav", "a.mp3"), (".flac", "a.ogg"), (".ogg", "a.wav"), (".wav", "a"), (".aiff", "a.m4a")],
)
def test_sound_with_a_misleading_name_is_read(tmp_path: Path, suffix: str, name: str) -> None:
    soundfile.write(tmp_path / f"right{suffix}", TONE, RATE_HZ)
    (tmp_path / f"right{suffix}").rename(tmp_path / name)
    samples, rate_hz = read_audio(Media(tmp_path / name))
    assert (rate_hz, len(samples)) == (RATE_HZ, pytest.approx(RATE_HZ, rel=0.1))


@pytest.mark.parametrize("write", [soundfile.write, None], ids=["libsndfile", "ffmpeg"])
def test_stereo_is_mixed_down(tmp_path: Path, write: Callable[..., None] | None) -> None:
    stereo = np.stack([TONE, np.zeros_like(TONE)], axis=1)
    path = tmp_path / ("a.wav" if write else "a.mka")
    if write:
        write(path, stereo, RATE_HZ)
    else:
        with av.open(path, "w") as container:
            stream = container.add_stream("pcm_f32le", rate=RATE_HZ, layout="stereo")
            frame = av.AudioFrame.from_ndarray(stereo.reshape(1, -1), format="flt", layout="stereo")
            frame.sample_rate, frame.pts = RATE_HZ, 0
            container.mux([*stream.encode(frame), *stream.encode(None)])
    samples, _ = read_audio(Media(path))
    np.testing.assert_allclose(samples, TONE / 2, atol=2 / 32768)


def test_a_file_without_samples_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TONE[:0], RATE_HZ)
    with pytest.raises(MediaError, match=r"a\.wav: no sound in it; remove the clip"):
        read_audio(Media(tmp_path / "a.wav"))


def test_samples_that_are_not_finite_are_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0, np.nan, 1], np.float32), RATE_HZ, subtype="FLOAT")
    with pytest.raises(MediaError, match=r"a\.wav: contains samples that are not finite"):
        read_audio(Media(tmp_path / "a.wav"))


@pytest.mark.parametrize("suffix", [".wav", ".m4a"])
def test_one_channel_can_be_chosen(tmp_path: Path, suffix: str) -> None:
    channels = np.stack([TONE, -TONE, 0 * TONE], axis=1)
    path = tmp_path / f"a{suffix}"
    if suffix == ".wav":
        soundfile.write(path, channels, RATE_HZ)
    else:
        write_with_ffmpeg(path, channels.T, codec="alac", layout="3.0")
    for channel, expected in enumerate(channels.T):
        np.testing.assert_allclose(read_audio(Media(path, channel=channel))[0], expected, atol=1e-3)
    with pytest.raises(MediaError, match=r"channel is 3, but its 3 channel\(s\) are numbered from 0 to 2"):
        read_audio(Media(path, channel=3))


def test_floats_that_are_not_scaled_are_refused_like_an_array(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TONE * 32768, RATE_HZ, subtype="FLOAT")
    with pytest.raises(MediaError, match=r"a\.wav: contains samples up to 16384, expected floats from -1 to 1"):
        read_audio(Media(tmp_path / "a.wav"))
