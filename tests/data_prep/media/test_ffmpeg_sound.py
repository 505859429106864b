"""Sound in containers is placed by its times, and chosen among several streams."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from data_prep.media import Media, MediaError, read_audio
from tests.data_prep.media.media_files import (
    RATE_HZ,
    TONE,
    grey_steps,
    write_video,
)


def test_a_video_without_sound_is_an_error(tmp_path: Path) -> None:
    write_video(tmp_path / "silent.mp4", grey_steps(3))
    with pytest.raises(MediaError, match=r"silent\.mp4: has no sound; expected an audio file"):
        read_audio(Media(tmp_path / "silent.mp4"))


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
