"""Noise that clips are scored with: its level, its silences, and files that are no noise."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import conditions
from data_prep.errors import InputError
from data_prep.manifest import Clip, write_manifest

FROZEN = Path(__file__).parents[1] / "frozen"
RATE_HZ = 8000
CLIP = 1000 * np.sin(np.arange(4000, dtype=np.float32))


def write_noise(path: Path, samples: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, samples, RATE_HZ)
    return path


def mostly_silent(num_samples: int = 80000) -> np.ndarray:
    """Silence with noise in the last twentieth of a second."""
    samples = np.zeros(num_samples)
    samples[-400:] = 0.1 * np.random.default_rng(0).standard_normal(400)
    return samples


def snr_db(clip: np.ndarray, noisy: np.ndarray) -> float:
    return 20 * float(np.log10(conditions.rms(clip) / conditions.rms(noisy - clip)))


def test_all_noise_has_its_level_and_silence_is_never_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_noise(tmp_path / "door" / "a.wav", mostly_silent())
    write_noise(tmp_path / "short.wav", 0.1 * rng.standard_normal(100))
    write_noise(tmp_path / "steady.wav", 0.1 * rng.standard_normal(20000))
    found = conditions.conditions(tmp_path, 10)
    noises = [name for name in found if name.endswith("at 10 dB")]
    assert noises == [f"{name} at 10 dB" for name in ("white", "door/a.wav", "short.wav", "steady.wav")]
    for name in noises:
        for seed in range(20):
            noisy, rate_hz = found[name](CLIP, RATE_HZ, np.random.default_rng(seed))
            assert rate_hz == RATE_HZ
            assert snr_db(CLIP, noisy) == pytest.approx(10, abs=0.01)


def test_an_excerpt_may_come_from_any_place_that_is_not_silent() -> None:
    samples = np.zeros(80000, np.float32)
    samples[20000:20400], samples[60000:60400] = 0.1, 0.2
    noise = conditions.Noise(Path("noise.wav"), samples, RATE_HZ)
    excerpts = [conditions.excerpt(noise, 4000, RATE_HZ, np.random.default_rng(seed)) for seed in range(40)]
    assert {round(float(each.max()), 3) for each in excerpts} == {0.1, 0.2}


def test_a_clip_without_sound_stays_as_it_is() -> None:
    noisy = conditions.mix(np.zeros(100, np.float32), np.ones(100), 10)
    assert not noisy.any()


def test_other_files_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_noise(tmp_path / "a.wav", mostly_silent())
    (tmp_path / "LICENSE.txt").write_text("free")
    assert [name for name, _ in conditions.read_noises(tmp_path)] == ["a.wav"]
    assert "left out 1 files that are not sound files, such as" in capsys.readouterr().err


def test_noises_that_cannot_be_used_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path, message: str) -> None:
        monkeypatch.setattr(sys, "argv", ["conditions", "RUN", "--noises", str(folder)])
        with pytest.raises(SystemExit, match=rf"^error: --noises.*{message}"):
            conditions.main()

    refuse(tmp_path / "nowhere", "there is no such file or folder; expected a folder")
    (tmp_path / "LICENSE.txt").write_text("free")
    refuse(tmp_path, "none of the 1 files in this folder is a sound file")
    (tmp_path / "b.wav").write_text("not sound")
    refuse(tmp_path, "b.wav: not readable as audio .*; remove the file")
    soundfile.write(tmp_path / "b.wav", np.full(8000, 1e-5, np.float32), RATE_HZ, subtype="FLOAT")
    refuse(tmp_path, "b.wav holds nothing but silence; remove it")


def test_a_recording_that_is_silent_at_a_lower_rate_is_an_error() -> None:
    whistle = 0.1 * np.sin(2 * np.pi * 18000 / 44100 * np.arange(44100)) * np.hanning(44100)
    noise = conditions.Noise(Path("whistle.wav"), whistle.astype(np.float32), 44100)
    with pytest.raises(InputError, match=r"whistle.wav is silent at 8000 Hz, as it has only high frequencies"):
        conditions.excerpt(noise, 1000, RATE_HZ, np.random.default_rng(0))
    assert len(conditions.excerpt(noise, 1000, 48000, np.random.default_rng(0))) == 1000


def test_a_run_is_scored_in_all_conditions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "bundle").symlink_to(FROZEN / "speech" / "bundle")
    clip = Clip("a", FROZEN / "an4.flac", text="A M Y", split="test")
    write_manifest(tmp_path / "run" / "manifest.jsonl", [clip])
    write_noise(tmp_path / "noises" / "door.wav", mostly_silent())
    monkeypatch.setattr(sys, "argv", ["conditions", str(tmp_path / "run"), "--noises", str(tmp_path / "noises")])
    conditions.main()
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert scores.pop("clips") == 1
    assert list(scores)[:2] == ["as recorded", "8000 Hz"]
    assert list(scores)[-2:] == ["white at 10 dB", "door.wav at 10 dB"]
    assert all(np.isfinite(list(scores.values())))
