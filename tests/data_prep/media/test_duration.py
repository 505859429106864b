"""Durations without decoding."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.media import Media
from data_prep.media.duration import BYTES_PER_S, estimate_durations_s
from data_prep.media.video_writing import write_video


def test_headers_times_and_sizes_tell_durations(tmp_path: Path) -> None:
    wav, raw, damaged = tmp_path / "a.wav", tmp_path / "b.raw", tmp_path / "c.flac"
    soundfile.write(wav, np.zeros(12_000), 8000)
    raw.write_bytes(bytes(64_000))
    damaged.write_bytes(b"not a sound")
    media = [
        Media(wav),
        Media(wav, start_s=0.5),
        Media(wav, start_s=0.25, end_s=1.0),
        Media(tmp_path / "missing.wav", start_s=1.0, end_s=3.0),  # its times tell the duration without the file
        Media(tmp_path / "missing.wav"),
        Media(raw, encoding="s16le@16000"),
        Media(damaged),
    ]
    expected = [1.5, 1.0, 0.75, 2.0, 0.0, 64_000 / BYTES_PER_S, 11 / BYTES_PER_S]
    assert estimate_durations_s(media) == pytest.approx(expected)


def test_a_folder_of_frames_lasts_as_long_as_its_pictures(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(b"")
    assert estimate_durations_s([Media(tmp_path, encoding="frames@5")]) == [2.0]


def test_the_header_of_a_video_is_read(tmp_path: Path) -> None:
    pictures = [(number / 25, np.zeros((16, 16, 3), np.uint8)) for number in range(50)]
    write_video(tmp_path / "a.mp4", pictures, 25.0)
    assert estimate_durations_s([Media(tmp_path / "a.mp4")]) == pytest.approx([2.0], abs=0.05)
