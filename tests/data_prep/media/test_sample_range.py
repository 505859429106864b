"""A time range is that part of the whole file, and ends with it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.media import Media, MediaError, ffmpeg_sound, libsndfile_sound, read_audio, sample_range
from tests.data_prep.media.media_files import (
    BABBLE_S,
    RATE_HZ,
    TONE,
    babble,
    write_flac_of_length,
    write_with_ffmpeg,
    write_with_soundfile,
)


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(None, None), (0.25, None), (None, 0.5), (0.25, 0.75), (0.5, 1.4), (0.0, 1e-4)]
)
def test_a_time_range_is_cut_at_its_samples(tmp_path: Path, start_s: float | None, end_s: float | None) -> None:
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ, subtype="FLOAT")
    samples, _ = read_audio(Media(tmp_path / "a.wav", start_s, end_s))
    stop = None if end_s is None else round(end_s * RATE_HZ)
    np.testing.assert_array_equal(samples, TONE[round((start_s or 0) * RATE_HZ) : stop])


@pytest.mark.parametrize(
    ("name", "rate_hz", "encoder"),
    [
        ("a.wav", 16_000, {"subtype": "PCM_16"}),
        ("a.wav", 16_000, {"subtype": "ULAW"}),
        ("a.wav", 16_000, {"subtype": "ALAW"}),
        ("a.wav", 16_000, {"subtype": "DOUBLE"}),
        ("a.wav", 16_000, {"subtype": "PCM_24", "format": "WAVEX"}),
        ("a.wav", 16_000, {"subtype": "IMA_ADPCM"}),
        ("a.wav", 8_000, {"subtype": "GSM610"}),
        ("a.wav", 16_000, {"subtype": "PCM_16", "format": "RF64"}),
        ("a.au", 8_000, {"subtype": "ULAW"}),
        ("a.aiff", 44_100, {"subtype": "PCM_24"}),
        ("a.caf", 16_000, {"subtype": "ALAC_16"}),
        ("a.sph", 8_000, {"format": "NIST", "subtype": "ULAW"}),
        ("a.flac", 16_000, {}),
        ("a.mp3", 16_000, {}),
        ("a.mp3", 44_100, {}),
        ("a.ogg", 22_050, {}),
        ("a.opus", 48_000, {"format": "OGG", "subtype": "OPUS"}),
        ("a.m4a", 16_000, "aac"),
        ("a.m4a", 44_100, "aac"),
        ("a.m4a", 44_100, "alac"),
        ("a.mp4", 48_000, "libopus"),
        ("a.mp4", 44_100, "libmp3lame"),
        ("a.mov", 44_100, "pcm_s16le"),
        ("a.webm", 48_000, "libopus"),
        ("a.mka", 44_100, "flac"),
        ("a.aac", 44_100, "aac"),
    ],
)
def test_a_time_range_equals_that_part_of_the_whole_file(
    tmp_path: Path, name: str, rate_hz: int, encoder: dict[str, str] | str
) -> None:
    path, original = tmp_path / name, babble(rate_hz)
    if isinstance(encoder, str):
        write_with_ffmpeg(path, original, rate_hz, encoder)
    else:
        write_with_soundfile(path, original, rate_hz, **encoder)
    whole, found_hz = read_audio(Media(path))
    assert found_hz == rate_hz
    assert len(whole) / rate_hz == pytest.approx(BABBLE_S, abs=0.15)
    # Compare spectra with the original, because lossy codecs may shift the signal by some samples.
    spectra = [np.abs(np.fft.rfft(samples[: 7 * rate_hz])) for samples in (whole, original)]
    assert np.corrcoef(*spectra)[0, 1] > 0.85
    for start_s, end_s in ((0.0, 0.5), (1.234567, 1.5), (3.3333, 5.02), (7.5, None)):
        part, _ = read_audio(Media(path, start_s, end_s))
        stop = None if end_s is None else round(end_s * rate_hz)
        np.testing.assert_array_equal(part, whole[round(start_s * rate_hz) : stop])


def test_lossless_sound_is_not_decoded_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_with_ffmpeg(tmp_path / "a.m4a", babble(44_100), 44_100, "alac")
    write_with_soundfile(tmp_path / "a.flac", babble(44_100), 44_100)
    first_samples = []
    collect_range = sample_range.collect_range

    def recorded(media: Media, blocks, position: int, *others):
        first_samples.append(position)
        return collect_range(media, blocks, position, *others)

    monkeypatch.setattr(ffmpeg_sound, "collect_range", recorded)
    monkeypatch.setattr(libsndfile_sound, "collect_range", recorded)
    for name in ("a.m4a", "a.flac"):
        read_audio(Media(tmp_path / name, 6.0, 6.5))
    assert 5.0 * 44_100 < first_samples[0] <= 6.0 * 44_100
    assert first_samples[1] == 6.0 * 44_100


@pytest.mark.parametrize("name", ["a.wav", "a.m4a"])
@pytest.mark.parametrize(
    ("start_s", "end_s", "described"),
    [(5.0, None, "between 5.0 s and its end"), (2.0, 3.0, "between 2.0 s and 3.0 s")],
)
def test_a_time_range_beyond_the_end_is_an_error(
    tmp_path: Path, name: str, start_s: float, end_s: float | None, described: str
) -> None:
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ)
    write_with_ffmpeg(tmp_path / "a.m4a", TONE)
    with pytest.raises(MediaError, match=f"{name}: no sound in it {described}; remove the clip or correct its times"):
        read_audio(Media(tmp_path / name, start_s, end_s))


@pytest.mark.parametrize("rate_hz", [1, 2_000_000_000])
def test_an_impossible_sample_rate_is_an_error(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = rate_hz.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(MediaError, match=rf"a\.wav: its sample rate is {rate_hz} Hz, expected 1000 to 768000 Hz"):
        read_audio(Media(tmp_path / "a.wav"))


def test_a_file_that_is_too_long_is_an_error_but_a_time_range_of_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    write_flac_of_length(path, (1 << 36) - 1)
    with pytest.raises(
        MediaError, match=r"a\.flac: lasts at least 1193\.0 h; a clip may be at most 4 h of audio or 1 h"
    ):
        read_audio(Media(path))
    np.testing.assert_allclose(read_audio(Media(path, 0.1, 0.2))[0], TONE[1600:3200], atol=1e-4)


def test_too_many_samples_are_an_error_while_they_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header need not state the length, and what it states may be wrong."""
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ)
    monkeypatch.setattr(sample_range, "MAX_SAMPLES", 9_999)
    with pytest.raises(MediaError, match=r"a\.wav: has more than 0 million samples; split the file"):
        read_audio(Media(tmp_path / "a.wav"))


@pytest.mark.parametrize("name", ["a.wav", "a.m4a", "a.mp3"])
def test_a_time_range_that_outlasts_the_file_is_an_error(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    duration_s = len(TONE) / RATE_HZ
    if name == "a.m4a":
        write_with_ffmpeg(tmp_path / name, TONE)
    else:
        soundfile.write(tmp_path / name, TONE, RATE_HZ)
    with pytest.raises(MediaError, match=rf"{name}: end_s is {duration_s + 1:g}, but the file ends after"):
        read_audio(Media(tmp_path / name, 0.2, duration_s + 1))
    assert not caplog.text
    samples, rate_hz = read_audio(Media(tmp_path / name, 0.2, duration_s + 0.3))
    assert len(samples) / rate_hz == pytest.approx(duration_s - 0.2, abs=0.1)
    assert f"{name}: end_s is" in caplog.text
