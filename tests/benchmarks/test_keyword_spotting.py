"""The hour of keywords is made and scored as the benchmark says."""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import keyword_spotting
from benchmarks.keyword_spotting import RATE_HZ, Figures, Hour, Said, choose, make_hour, score, write_other
from data_prep.manifest import Clip, read_manifest, write_manifest


def test_reports_are_held_against_what_was_said() -> None:
    hour = Hour(np.zeros(RATE_HZ * 360, np.int16), [Said("yes", 10, 11), Said("no", 20, 21), Said("yes", 30, 31)])
    reported = [("yes", 10.9), ("yes", 20.9), ("yes", 31.6), ("yes", 31.7), ("no", 300.0)]
    figures = score(hour, reported, 0.5)
    assert figures.missed == pytest.approx(1 / 3)  # "no" was reported as "yes"
    assert figures.false_alarms == pytest.approx(30)  # three in a tenth of an hour
    assert figures.delay_s == pytest.approx(0.25)
    assert score(hour, [], 0.9).missed == 1.0


def test_the_threshold_is_the_lowest_with_few_false_alarms() -> None:
    figures = [Figures(0.5, 0.0, 9.0, 0.0), Figures(0.7, 0.1, 5.0, 0.0), Figures(0.9, 0.5, 0.0, 0.0)]
    assert choose(figures, 5.0) == 0.7
    assert choose(figures[:1], 5.0) == 0.5


@pytest.fixture
def corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    """Keywords of two test speakers, speech of six speakers and a noise."""
    rng = np.random.default_rng(0)
    (tmp_path / "noises").mkdir()
    soundfile.write(tmp_path / "noises" / "a.flac", rng.normal(0, 0.01, 30 * RATE_HZ), RATE_HZ)

    def record(name: str, duration_s: float) -> Path:
        path = tmp_path / f"{name}.flac"
        soundfile.write(path, 0.1 * np.sin(np.arange(round(duration_s * RATE_HZ))), RATE_HZ)
        return path

    keywords = [
        Clip(f"k{n}", record(f"k{n}", 1.0), None, None, None, "yes", f"s{n % 2}", "train" if n > 5 else "test")
        for n in range(8)
    ]
    write_manifest(tmp_path / "manifest.jsonl", keywords)
    speech = [Clip(f"u{n}", record(f"u{n}", 2.0), None, None, "a", None, f"p{n}", "train") for n in range(6)]
    monkeypatch.setattr(keyword_spotting, "An4", lambda root: argparse.Namespace(clips=lambda: speech))
    return argparse.Namespace(model=tmp_path, an4="", noises=tmp_path / "noises", minutes=1.0, seed=0)


def test_the_two_streams_share_nothing(corpora: argparse.Namespace) -> None:
    first, second = make_hour(corpora, 0), make_hour(corpora, 1)
    for hour in (first, second):
        assert len(hour.samples) == 60 * RATE_HZ
        assert [said.label for said in hour.keywords] == ["yes"] * 3
        for said in hour.keywords:
            loud = np.abs(hour.samples[round(said.start_s * RATE_HZ) : round(said.end_s * RATE_HZ)])
            assert loud.max() > 2500
        times = sorted((said.start_s, said.end_s) for said in hour.keywords)
        assert all(before[1] <= after[0] for before, after in pairwise(times))
    assert not np.array_equal(first.samples, second.samples)


def test_other_speech_to_train_on(corpora: argparse.Namespace, tmp_path: Path) -> None:
    write_other(tmp_path / "other", "", corpora.model / "manifest.jsonl")
    clips = list(read_manifest(tmp_path / "other" / "manifest.jsonl"))
    others = [clip for clip in clips if clip.label == "other"]
    assert len(others) == 4 * 2
    assert {clip.speaker for clip in others} <= {"an4_p0", "an4_p3"}
    assert {clip.split for clip in others} == {"train"}
    assert all(clip.path.is_file() for clip in clips)
