"""A stretch of a file equals that part of the whole, whatever the decoder."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from data_prep.media import Media, MediaError, read_audio, read_pictures
from data_prep.media import sound as sound_module

DURATION_S = 8.0


def babble(rate_hz: int) -> np.ndarray:
    """Tones that come and go, in noise: codecs with a memory carry it over."""
    times_s = np.arange(round(DURATION_S * rate_hz)) / rate_hz
    tones = sum(0.1 * np.sin(2 * np.pi * f * times_s * (1 + 0.01 * np.sin(times_s))) for f in (300, 1200, 3000))
    noise = 0.03 * np.random.default_rng(0).standard_normal(len(times_s))
    return (tones * np.abs(np.sin(3 * times_s)) + noise).astype(np.float32)


def write_with_soundfile(path: Path, rate_hz: int, **how: str) -> None:
    with soundfile.SoundFile(path, "w", rate_hz, 1, **how) as file:
        for block in np.array_split(babble(rate_hz), 50):
            file.write(block)


def write_with_ffmpeg(path: Path, rate_hz: int, codec: str) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(babble(rate_hz)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate_hz, 0
        for chunk in av.AudioResampler(format=stream.codec_context.format, rate=rate_hz).resample(frame):
            container.mux(stream.encode(chunk))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("name", "rate_hz", "how"),
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
def test_a_stretch_of_sound_equals_that_part_of_the_whole(
    tmp_path: Path, name: str, rate_hz: int, how: dict[str, str] | str
) -> None:
    path = tmp_path / name
    if isinstance(how, str):
        write_with_ffmpeg(path, rate_hz, how)
    else:
        write_with_soundfile(path, rate_hz, **how)
    whole, found_hz = read_audio(Media(path))
    assert found_hz == rate_hz
    assert len(whole) / rate_hz == pytest.approx(DURATION_S, abs=0.15)
    # Codecs of music may shift by some samples, hence the spectrum.
    spectra = [np.abs(np.fft.rfft(samples[: 7 * rate_hz])) for samples in (whole, babble(rate_hz))]
    assert np.corrcoef(*spectra)[0, 1] > 0.85
    for start_s, end_s in ((0.0, 0.5), (1.234567, 1.5), (3.3333, 5.02), (7.5, None)):
        part, _ = read_audio(Media(path, start_s, end_s))
        stop = None if end_s is None else round(end_s * rate_hz)
        np.testing.assert_array_equal(part, whole[round(start_s * rate_hz) : stop])


def test_lossless_sound_is_sought_rather_than_decoded_up_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_with_ffmpeg(tmp_path / "a.m4a", 44_100, "alac")
    write_with_soundfile(tmp_path / "a.flac", 44_100)
    decoded = []
    stretch = sound_module._stretch

    def counted(media: Media, blocks, position: int, rate_hz: int):
        decoded.append(position)
        return stretch(media, blocks, position, rate_hz)

    monkeypatch.setattr(sound_module, "_stretch", counted)
    for name in ("a.m4a", "a.flac"):
        read_audio(Media(tmp_path / name, 6.0, 6.5))
    assert 5.0 * 44_100 < decoded[0] <= 6.0 * 44_100
    assert decoded[1] == 6.0 * 44_100


def write_video(path: Path, codec: str, count: int = 90, rate_hz: int = 30, **options: str) -> None:
    """Pictures whose grey tells their number."""
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=Fraction(rate_hz), options=options)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(count):
            picture = np.full((48, 64, 3), 10 + 2 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"g": "20", "bf": "3"}),
        ("a.mp4", "libx264", {"x264-params": "open-gop=1:keyint=25"}),
        ("a.mov", "mjpeg", {}),
        ("a.mkv", "libx264", {"g": "1000"}),
        ("a.webm", "libvpx-vp9", {"g": "15", "deadline": "realtime", "cpu-used": "8"}),
        ("a.avi", "mpeg4", {}),
        ("a.mpg", "mpeg2video", {}),
    ],
)
def test_a_stretch_of_video_equals_that_part_of_the_whole(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    path = tmp_path / name
    write_video(path, codec, **options)
    times_s, pictures = zip(*read_pictures(Media(path)), strict=True)
    assert len(times_s) == 90
    np.testing.assert_allclose(times_s, np.arange(90) / 30, atol=0.002)
    for start_s, end_s in ((0.0, 0.3), (1.21, 1.52), (2.5, 2.75), (2.9, None)):
        wanted = [i for i, time_s in enumerate(times_s) if start_s <= time_s < (end_s or 99)]
        found_s, found = zip(*read_pictures(Media(path, start_s, end_s)), strict=True)
        np.testing.assert_allclose(found_s, np.array(times_s)[wanted] - start_s, atol=1e-9)
        np.testing.assert_array_equal(np.stack(found), np.stack(pictures)[wanted])


def test_pictures_at_uneven_times_keep_them(tmp_path: Path) -> None:
    shown_ms = [0, 40, 50, 300, 1000, 1500, 2700]
    with av.open(tmp_path / "a.mkv", "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time_ms in enumerate(shown_ms):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 30 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    times_s, _ = zip(*read_pictures(Media(tmp_path / "a.mkv")), strict=True)
    np.testing.assert_allclose(times_s, np.array(shown_ms) / 1000, atol=1e-6)
    times_s, pictures = zip(*read_pictures(Media(tmp_path / "a.mkv", 1.2, 2.8)), strict=True)
    np.testing.assert_allclose(times_s, [0.3, 1.5], atol=1e-6)
    np.testing.assert_allclose([picture.mean() for picture in pictures], [150, 180], atol=4)


@pytest.mark.parametrize(
    ("read", "name", "write"),
    [
        (read_audio, "a.mka", lambda path: write_with_ffmpeg(path, 16_000, "aac")),
        (read_audio, "a.mp3", lambda path: write_with_soundfile(path, 16_000)),
        (read_audio, "a.sph", lambda path: write_with_soundfile(path, 16_000, format="NIST", subtype="PCM_16")),
        (read_pictures, "a.mkv", lambda path: write_video(path, "mjpeg")),
    ],
    ids=["mka", "mp3", "sph", "mkv"],
)
def test_a_file_that_ends_before_its_header_says_is_an_error(
    tmp_path: Path, read: Callable[[Media], object], name: str, write: Callable[[Path], None]
) -> None:
    path = tmp_path / name
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(MediaError) as error:
        list(read(Media(path)))  # type: ignore[call-overload]
    assert str(error.value).startswith(f"{path}: truncated: its header promises")
