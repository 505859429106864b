"""Decoding of sound with ffmpeg (PyAV): formats that libsndfile does not read, joined files, and sound of videos."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.container import InputContainer

from data_prep.media.container import check_not_truncated, choose_stream, header_duration_s, open_container
from data_prep.media.file import MAX_SOUND_S, Media, MediaError, check_duration, check_end
from data_prep.media.mixing import ChannelMixer
from data_prep.media.sample_range import BLOCK_SIZE, check_rate, collect_range

#: A gap of this duration or longer in the times of a stream is silence; shorter ones are rounding and encoder delay.
SHORTEST_GAP_S = 0.1
#: ffmpeg codecs whose samples do not depend on where decoding starts, because each packet stands alone.
POSITION_INDEPENDENT_CODECS = re.compile(r"pcm_.*|alac|flac")


def read_with_ffmpeg(media: Media, mixer: ChannelMixer) -> tuple[np.ndarray, int]:
    """Decode the samples (T,) of a time range, and their rate in Hz.

    Raises:
        MediaError: The file is not readable, truncated or too long, it lacks the stream, or it ends before the time
            range does.
    """
    error_text = (
        "not readable as audio ({}); check that it is a recording (sign videos and landmark files need "
        "features=hand_keypoints)"
    )
    with open_container(media.path, error_text) as container:
        if not container.streams.audio:
            raise MediaError(
                f"{media.path}: has no sound; expected an audio file or a video with sound (sign videos need "
                "features=hand_keypoints)"
            )
        stream = choose_stream(media.path, container.streams.audio, media.audio_stream)
        rate_hz = check_rate(media.path, stream.codec_context.sample_rate)
        promised_s = header_duration_s(container, stream)
        if promised_s is not None:
            check_duration(media, promised_s, MAX_SOUND_S)
        first, frames = _frames_from(container, stream, media.index_range(rate_hz)[0], rate_hz)
        origin_s = (container.start_time or 0) / av.time_base
        longest_s = container.duration / av.time_base if container.duration is not None else None
        blocks = _to_blocks(frames, first, rate_hz, origin_s, longest_s)
        samples, end = collect_range(media, blocks, first, rate_hz, mixer)
        if media.end_s is None or end < media.end_s * rate_hz:
            check_not_truncated(media, container, promised_s, end / rate_hz)
            check_end(media, max(end / rate_hz, longest_s or 0.0))  # sound may end before the pictures do
        return samples, rate_hz


def _frames_from(
    container: InputContainer, stream: av.AudioStream, start: int, rate_hz: int
) -> tuple[int, Iterator[av.AudioFrame]]:
    """Decode frames from the start of the file, or from half a second before `start` if that gives the same samples.

    Args:
        container: The open file.
        stream: Its audio stream.
        start: Index of the first sample wanted.
        rate_hz: Samples per second.

    Returns:
        The index of the first frame's first sample, and the frames.
    """
    counts_samples = stream.time_base == Fraction(1, rate_hz) and not stream.start_time
    if counts_samples and start > rate_hz and POSITION_INDEPENDENT_CODECS.fullmatch(stream.codec_context.name):
        container.seek(start - rate_hz // 2, stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
        if first is not None and first.pts is not None and first.pts <= start:
            return first.pts, chain([first], frames)
        container.seek(0, stream=stream)
    return 0, container.decode(stream)


def _to_blocks(
    frames: Iterator[av.AudioFrame], position: int, rate_hz: int, origin_s: float, longest_s: float | None
) -> Iterator[np.ndarray]:
    """Convert frames to blocks (T, channels) float32, with silence where their times leave a gap.

    Args:
        frames: Decoded frames.
        position: Index of the first frame's first sample.
        rate_hz: Samples per second to return; frames with another rate are resampled.
        origin_s: Time of the file's start. Sound may begin later, if a video begins with pictures alone.
        longest_s: Duration that the header states; a frame beyond it has a wrong time. None if unknown.
    """
    resampler, setup = av.AudioResampler(format="fltp", rate=rate_hz), None
    for frame in frames:
        if setup not in (None, found := (frame.format.name, frame.layout.name, frame.sample_rate)):
            resampler = av.AudioResampler(format="fltp", rate=rate_hz)  # a resampler takes frames of one kind
        setup = found
        begin = position if frame.time is None else round((frame.time - origin_s) * rate_hz)
        if longest_s is None or begin > (longest_s + 1) * rate_hz:
            begin = position
        if begin - position > SHORTEST_GAP_S * rate_hz:
            for start in range(position, begin, BLOCK_SIZE):
                yield np.zeros((min(BLOCK_SIZE, begin - start), 1), np.float32)
            position = begin
        for chunk in resampler.resample(frame):
            samples = chunk.to_ndarray().T
            position += len(samples)
            yield samples
