"""Media files for tests: tones, noise and plain pictures, written with libsndfile, ffmpeg and Pillow."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

from data_prep.media import Media, read_pictures

RATE_HZ = 16_000
#: One second of 440 Hz.
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
BABBLE_S = 8.0
VIDEO_RATE_HZ = 10
WIDTH, HEIGHT = 64, 48


def babble(rate_hz: int) -> np.ndarray:
    """Tones that come and go in noise: a decoder that starts in the middle of them without its state is found out."""
    times_s = np.arange(round(BABBLE_S * rate_hz)) / rate_hz
    tones = sum(0.1 * np.sin(2 * np.pi * f * times_s * (1 + 0.01 * np.sin(times_s))) for f in (300, 1200, 3000))
    noise = 0.03 * np.random.default_rng(0).standard_normal(len(times_s))
    return (tones * np.abs(np.sin(3 * times_s)) + noise).astype(np.float32)


def write_with_soundfile(path: Path, samples: np.ndarray, rate_hz: int, **options: str) -> None:
    """Write sound in blocks, as recorders do."""
    with soundfile.SoundFile(path, "w", rate_hz, 1, **options) as file:
        for block in np.array_split(samples, 50):
            file.write(block)


def write_with_ffmpeg(
    path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, codec: str = "aac", layout: str = "mono"
) -> None:
    """Write float32 samples (T,) or (channels, T) with an ffmpeg codec."""
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        for frame in av.AudioResampler(format=stream.codec_context.format, rate=rate_hz).resample(
            audio_frame(samples, rate_hz, layout)
        ):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def audio_frame(samples: np.ndarray, rate_hz: int = RATE_HZ, layout: str = "mono") -> av.AudioFrame:
    """Convert float32 samples (T,) or (channels, T) to an ffmpeg frame."""
    frame = av.AudioFrame.from_ndarray(np.atleast_2d(np.ascontiguousarray(samples)), format="fltp", layout=layout)
    frame.sample_rate, frame.pts = rate_hz, 0
    return frame


def write_video(
    path: Path,
    pictures: Sequence[np.ndarray],
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate_hz: int = VIDEO_RATE_HZ,
    pixel_aspect: int = 1,
    samples: np.ndarray | None = None,
    **options: str,
) -> None:
    """Write pictures (height, width, 3) uint8 RGB as a video, with sound if `samples` (T,) are given."""
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=Fraction(rate_hz), options=options)
        (stream.height, stream.width), stream.pix_fmt = pictures[0].shape[:2], pixels
        stream.codec_context.sample_aspect_ratio = Fraction(pixel_aspect, 1)
        sound = None if samples is None else container.add_stream("aac", rate=RATE_HZ, layout="mono")
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame.reformat(format=pixels)))
        container.mux(stream.encode(None))
        if sound is not None and samples is not None:
            container.mux([*sound.encode(audio_frame(samples)), *sound.encode(None)])


def grey(level: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """One picture of a single grey level."""
    return np.full((height, width, 3), level, np.uint8)


def grey_steps(count: int, step: int = 20, width: int = WIDTH, height: int = HEIGHT) -> list[np.ndarray]:
    """Pictures of grey levels 0, step, 2 step, ..., so that the level tells the picture's number."""
    return [grey(step * number, width, height) for number in range(count)]


def write_frame_folder(folder: Path, count: int) -> Path:
    """Write the pictures of `grey_steps` as 0.png, 1.png, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(grey_steps(count)):
        Image.fromarray(picture).save(folder / f"{number}.png")
    return folder


def times_and_levels(media: Media) -> tuple[list[float], list[int]]:
    """Read pictures, and return their times in seconds and their mean grey levels."""
    times_s, pictures = zip(*read_pictures(media), strict=True)
    return list(times_s), [round(float(picture.mean())) for picture in pictures]


def write_flac_of_length(path: Path, num_samples: int) -> None:
    """Write the tone as FLAC whose header states another number of samples, a field of 36 bits."""
    soundfile.write(path, TONE, RATE_HZ)
    content = bytearray(path.read_bytes())
    content[21] = content[21] & 0xF0 | num_samples >> 32
    content[22:26] = (num_samples & 0xFFFF_FFFF).to_bytes(4, "big")
    path.write_bytes(content)
