from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from data_prep.media import Media, MediaError, ffmpeg_sound, libsndfile_sound, read_audio, sample_range
from tests.data_prep.media.media_files import (
    BABBLE_S,
    RATE_HZ,
    TONE,
    babble,
    grey_steps,
    write_video,
    write_with_ffmpeg,
    write_with_soundfile,
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


def test_nist_sphere_files_are_read_as_written(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.sph", TONE, RATE_HZ, format="NIST", subtype="PCM_16")
    np.testing.assert_allclose(read_audio(Media(tmp_path / "a.sph"))[0], TONE, atol=2 / 32768)


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


# Headerless files


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


# Time ranges


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


# Files that cannot be used


def test_a_file_without_samples_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TONE[:0], RATE_HZ)
    with pytest.raises(MediaError, match=r"a\.wav: no sound in it; remove the clip"):
        read_audio(Media(tmp_path / "a.wav"))


def test_a_video_without_sound_is_an_error(tmp_path: Path) -> None:
    write_video(tmp_path / "silent.mp4", grey_steps(3))
    with pytest.raises(MediaError, match=r"silent\.mp4: has no sound; expected an audio file"):
        read_audio(Media(tmp_path / "silent.mp4"))


def test_samples_that_are_not_finite_are_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0, np.nan, 1], np.float32), RATE_HZ, subtype="FLOAT")
    with pytest.raises(MediaError, match=r"a\.wav: contains samples that are not finite"):
        read_audio(Media(tmp_path / "a.wav"))


def test_shorten_compression_is_an_error_with_the_way_to_uncompress_it(tmp_path: Path) -> None:
    header = "NIST_1A\n   1024\nsample_coding -s26 pcm,embedded-shorten-v2.00\nend_head\n"
    (tmp_path / "a.sph").write_text(header.ljust(3000))
    with pytest.raises(MediaError, match=r"a\.sph: the NIST sphere file is compressed with shorten.*sph2pipe"):
        read_audio(Media(tmp_path / "a.sph"))


@pytest.mark.parametrize("rate_hz", [1, 2_000_000_000])
def test_an_impossible_sample_rate_is_an_error(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = rate_hz.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(MediaError, match=rf"a\.wav: its sample rate is {rate_hz} Hz, expected 1000 to 768000 Hz"):
        read_audio(Media(tmp_path / "a.wav"))


# Lengths in headers


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


def write_flac_of_length(path: Path, num_samples: int) -> None:
    """Write the tone as FLAC whose header states another number of samples, a field of 36 bits."""
    soundfile.write(path, TONE, RATE_HZ)
    content = bytearray(path.read_bytes())
    content[21] = content[21] & 0xF0 | num_samples >> 32
    content[22:26] = (num_samples & 0xFFFF_FFFF).to_bytes(4, "big")
    path.write_bytes(content)


def test_a_flac_of_unknown_length_from_a_pipe_is_read(tmp_path: Path) -> None:
    write_flac_of_length(tmp_path / "piped.flac", 0)
    np.testing.assert_allclose(read_audio(Media(tmp_path / "piped.flac"))[0], TONE, atol=1e-4)


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


# Files that hold more, or something else, than their headers say


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


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
@pytest.mark.parametrize("parts", [[(2.0, 1.0)], [(0.0, 1.0), (3.0, 1.0)], [(1.5, 0.5), (4.0, 1.0)]])
def test_sound_is_placed_by_its_times_in_the_container(
    tmp_path: Path, name: str, parts: list[tuple[float, float]]
) -> None:
    write_video_with_sound(tmp_path / name, parts)
    samples, rate_hz = read_audio(Media(tmp_path / name))
    assert len(samples) / rate_hz == pytest.approx(sum(parts[-1]), abs=0.15)
    loud = np.abs(samples) > 0.1
    for start_s, duration_s in parts:
        middle = round((start_s + duration_s / 2) * rate_hz)
        assert loud[middle - 1000 : middle + 1000].mean() > 0.5
    begins = np.flatnonzero(loud)[0] / rate_hz
    assert begins == pytest.approx(parts[0][0], abs=0.1)
    quiet = loud[round((parts[0][0] + parts[0][1] + 0.2) * rate_hz) : round((parts[-1][0] - 0.2) * rate_hz)]
    assert not quiet.any()


def write_video_with_sound(path: Path, parts: list[tuple[float, float]]) -> None:
    """Write black pictures from 0 s on, and a tone in each part, given by its start and its duration in seconds."""
    with av.open(path, "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac" if path.suffix == ".mp4" else "pcm_s16le", rate=RATE_HZ, layout="mono")
        for number in range(round(10 * sum(parts[-1]))):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        to_codec = av.AudioResampler(format=audio.codec_context.format, rate=RATE_HZ)
        for start_s, duration_s in parts:
            tone = np.resize(TONE, round(duration_s * RATE_HZ) // 1024 * 1024)
            for first in range(0, len(tone), 1024):
                frame = av.AudioFrame.from_ndarray(tone[None, first : first + 1024], format="fltp", layout="mono")
                frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
                frame.pts = round(start_s * RATE_HZ) + first
                for converted in to_codec.resample(frame):
                    container.mux(audio.encode(converted))
        container.mux(audio.encode(None))


@pytest.fixture
def two_streams(tmp_path: Path) -> Path:
    """Write a container whose first sound is silent, and whose second, the default, is a tone."""
    with av.open(tmp_path / "a.mkv", "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono") for _ in range(2)]
        streams[0].disposition = av.stream.Disposition(0)
        streams[1].disposition = av.stream.Disposition.default
        for stream, samples in zip(streams, (0 * TONE, TONE), strict=True):
            frame = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
    return tmp_path / "a.mkv"


def test_of_several_audio_streams_the_default_is_read(two_streams: Path, caplog: pytest.LogCaptureFixture) -> None:
    np.testing.assert_allclose(read_audio(Media(two_streams))[0], TONE, atol=1e-3)
    assert "a.mkv: audio stream 1 of those numbered 0 to 1 is read, as players do; audio_stream=N" in caplog.text


def test_another_audio_stream_can_be_chosen(two_streams: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not read_audio(Media(two_streams, audio_stream=0))[0].any()
    np.testing.assert_allclose(read_audio(Media(two_streams, audio_stream=1))[0], TONE, atol=1e-3)
    assert not caplog.text
    with pytest.raises(MediaError, match=r"a\.mkv: audio_stream is 2, but its 2 stream\(s\) of audio .* from 0 to 1"):
        read_audio(Media(two_streams, audio_stream=2))


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


def test_floats_that_are_not_scaled_are_refused_like_an_array(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TONE * 32768, RATE_HZ, subtype="FLOAT")
    with pytest.raises(MediaError, match=r"a\.wav: contains samples up to 16384, expected floats from -1 to 1"):
        read_audio(Media(tmp_path / "a.wav"))
