from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.corpora.fsdd import Fsdd
from data_prep.demo.spoken_words import MARGINS_S, SAMPLE_RATE_HZ, make_spoken_words, trimmed
from data_prep.errors import InputError

WORDS = {"1": "one", "2": "two"}


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    root = tmp_path / "digits" / "recordings"
    root.mkdir(parents=True)
    for speaker in ("ann", "bob", "cleo", "dan"):
        for digit in (1, 2):
            soundfile.write(root / f"{digit}_{speaker}_0.wav", np.ones(2000, np.float32) * 0.1, SAMPLE_RATE_HZ)
    return root.parent


def test_each_word_is_said_once_by_each_voice(tmp_path: Path) -> None:
    clips = make_spoken_words(tmp_path, WORDS, voices=8, seed=0, num_workers=0)
    assert len({clip.id for clip in clips}) == 16
    assert {clip.split for clip in clips} == {"train"}
    assert len({clip.speaker for clip in clips}) == 8
    for clip in clips:
        samples, rate_hz = soundfile.read(clip.path)
        assert rate_hz == SAMPLE_RATE_HZ
        assert 0.1 < len(samples) / rate_hz < 1.0
        assert 0.05 < np.abs(samples).max() <= 1


def test_words_that_are_there_are_kept_and_others_are_made_the_same(tmp_path: Path) -> None:
    clips = make_spoken_words(tmp_path, WORDS, voices=8, seed=0, num_workers=0)
    before = clips[3].path.read_bytes()
    times = [clip.path.stat().st_mtime_ns for clip in clips]
    clips[3].path.unlink()
    assert make_spoken_words(tmp_path, WORDS, voices=8, seed=0, num_workers=0) == clips
    assert clips[3].path.read_bytes() == before
    assert [clip.path.stat().st_mtime_ns for clip in clips[:3]] == times[:3]
    with pytest.raises(InputError, match="made with other settings"):
        make_spoken_words(tmp_path, WORDS, voices=9, seed=0, num_workers=0)


def test_silence_at_both_ends_is_cut() -> None:
    samples = np.zeros(8000, np.float32)
    samples[3000:4000] = 0.5
    before, after = (round(margin_s * SAMPLE_RATE_HZ) for margin_s in MARGINS_S)
    assert len(trimmed(samples)) == 1000 + before + after
    assert trimmed(samples)[before] == 0.5
    assert trimmed(samples)[before - 1] == 0


def test_synthetic_voices_join_the_training_part_of_fsdd_alone(recordings: Path, tmp_path: Path) -> None:
    real = Fsdd(str(recordings), test_share=0.25, fold=1).clips()
    joined = Fsdd(str(recordings), test_share=0.25, fold=1, voices=8, voices_root=str(tmp_path / "v"), num_workers=0)
    clips = joined.clips()
    assert clips[: len(real)] == real
    assert {clip.split for clip in real} == {"train", "validation", "test"}
    added = clips[len(real) :]
    assert len(added) == 8 * 10
    assert {(clip.split, clip.label) for clip in added} == {("train", str(digit)) for digit in range(10)}


def test_a_negative_number_of_voices_is_refused() -> None:
    with pytest.raises(InputError, match=r"corpus\.voices must be 0 or more; found -1"):
        Fsdd("anywhere", voices=-1)
