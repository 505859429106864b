"""Long recordings are cut at pauses and give one transcript, with times from the beginning of the recording."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rapidfuzz.distance import Levenshtein

from recognizers.inference.recognize import SegmentFeatures, Transcriber
from recognizers.inference.stitching import DecodedSegment
from tests.pipelines.conftest import RATE_HZ, spoken_tones


def noise(seconds: float, rng: np.random.Generator) -> np.ndarray:
    return 0.003 * rng.standard_normal(round(seconds * RATE_HZ))


def transcribe(run, run_dir: Path, inputs: object, output_dir: Path, *more: str) -> dict[str, dict]:
    given = [f"model={run_dir}", f"inputs={inputs}", f"output_dir={output_dir}", "num_workers=0", *more]
    assert run("transcribe", *given).exit_code == 0
    lines = (output_dir / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def parts() -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    texts = ["".join(rng.choice(list("abc"), size=rng.integers(1, 5))) for _ in range(30)]
    return [np.concatenate([noise(0.1, rng), spoken_tones(text, rng), noise(0.1, rng)]) for text in texts]


@pytest.fixture(scope="module")
def joined(parts: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A long recording of the parts, and where each begins."""
    rng = np.random.default_rng(8)
    folder = tmp_path_factory.mktemp("long")
    sounds, starts, length = [], [], 0
    for part in parts:
        starts.append(length / RATE_HZ)
        sounds += [part, noise(rng.uniform(0.5, 1.0), rng)]
        length += len(sounds[-2]) + len(sounds[-1])
    soundfile.write(folder / "long.wav", np.concatenate(sounds), RATE_HZ)
    return folder / "long.wav", starts


def test_a_recording_has_the_words_of_its_parts_at_their_times(run, tones_run, parts, joined, tmp_path: Path) -> None:
    path, starts = joined
    for number, part in enumerate(parts):
        soundfile.write(tmp_path / f"{number:02d}.wav", part, RATE_HZ)
    alone = transcribe(run, tones_run, f"{tmp_path}/*.wav", tmp_path / "alone")
    expected = [
        (word["word"], start_s + word["start_s"], start_s + word["end_s"])
        for start_s, (_, row) in zip(starts, sorted(alone.items()), strict=True)
        for word in row["words"]
    ]
    row = transcribe(run, tones_run, path, tmp_path / "long")["long.wav"]
    assert row["duration_s"] == pytest.approx(soundfile.info(path).duration, abs=0.001)
    assert row["duration_s"] > 30  # else it is taken whole
    assert [word["word"] for word in row["words"]] == [word for word, *_ in expected]
    assert row["text"] == " ".join(word for word, *_ in expected)
    found = [(word["start_s"], word["end_s"]) for word in row["words"]]
    np.testing.assert_allclose(found, [times for _, *times in expected], atol=0.1)
    times = list(itertools.chain.from_iterable(found))
    assert times == sorted(times)
    assert times[-1] <= row["duration_s"]


def test_a_transcript_does_not_depend_on_batches_other_files_or_workers(
    run, tones, tones_run, joined, tmp_path: Path
) -> None:
    path, _ = joined
    alone = transcribe(run, tones_run, path, tmp_path / "1", "batch_size=1")["long.wav"]
    inputs = f"[{tones}/1*.wav,{path},{tones}/2.wav]"
    for number, more in enumerate((["batch_size=5"], ["batch_size=64"], ["num_workers=2"])):
        found = transcribe(run, tones_run, inputs, tmp_path / f"many{number}", *more)
        [row] = [row for name, row in found.items() if name.endswith("long.wav")]
        assert row["text"] == alone["text"]
        assert row["key"] == alone["key"]
        assert row["confidence"] == pytest.approx(alone["confidence"], abs=2e-6)
        for word, expected in zip(row["words"], alone["words"], strict=True):
            assert word["word"] == expected["word"]
            assert [word[name] for name in ("start_s", "end_s", "confidence")] == pytest.approx(
                [expected[name] for name in ("start_s", "end_s", "confidence")], abs=1e-3
            )


def test_a_recording_up_to_the_limit_is_taken_whole(run, tones_run, joined, tmp_path: Path) -> None:
    path, _ = joined
    samples, _ = soundfile.read(path)
    soundfile.write(tmp_path / "20s.wav", samples[: 20 * RATE_HZ], RATE_HZ)
    whole = transcribe(run, tones_run, tmp_path / "20s.wav", tmp_path / "30", "whole_up_to_s=30")["20s.wav"]
    exactly = transcribe(run, tones_run, tmp_path / "20s.wav", tmp_path / "20", "whole_up_to_s=20")["20s.wav"]
    cut = transcribe(run, tones_run, tmp_path / "20s.wav", tmp_path / "19", "whole_up_to_s=19.9")["20s.wav"]
    assert {**whole, "key": ""} == {**exactly, "key": ""}
    assert cut["text"] != whole["text"]  # spaces separate its parts


def test_speech_without_a_pause_is_cut_into_windows_and_joined(run, tones_run, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    text = "".join(rng.choice(list("abc"), size=250))
    soundfile.write(tmp_path / "long.wav", spoken_tones(text, rng), RATE_HZ)
    row = transcribe(run, tones_run, tmp_path / "long.wav", tmp_path / "out")["long.wav"]
    assert row["duration_s"] > 40
    assert Levenshtein.distance(row["text"], text) <= 5
    windows = transcribe(run, tones_run, tmp_path / "long.wav", tmp_path / "out2", "whole_up_to_s=4")["long.wav"]
    assert Levenshtein.distance(windows["text"], text) <= 5


@pytest.mark.parametrize("level", [0.0, 0.01])
def test_silence_has_no_words(run, tones_run, tmp_path: Path, level: float) -> None:
    silence = level * np.random.default_rng(0).standard_normal(40 * RATE_HZ)
    soundfile.write(tmp_path / "nothing.wav", silence, RATE_HZ)
    row = transcribe(run, tones_run, tmp_path / "nothing.wav", tmp_path / "out")["nothing.wav"]
    assert (row["text"], row["words"], row["duration_s"]) == ("", [], 40)


def test_features_in_memory_are_bounded(run, tones_run, joined, tmp_path: Path, monkeypatch) -> None:
    path, _ = joined
    expected = transcribe(run, tones_run, path, tmp_path / "1")["long.wav"]
    monkeypatch.setattr("recognizers.inference.recognize.MAX_QUEUED_S", 3.0)
    queued_s = []
    recognize = Transcriber.recognize

    def spy(self: Transcriber, segments: Sequence[SegmentFeatures]) -> list[DecodedSegment]:
        queued_s.append(sum(each.segment.duration_s for each in segments))
        return recognize(self, segments)

    monkeypatch.setattr(Transcriber, "recognize", spy)
    found = transcribe(run, tones_run, path, tmp_path / "2")["long.wav"]
    assert found["text"] == expected["text"]
    assert len(queued_s) > 5
    assert max(queued_s) <= 3.0 + 10.4


@pytest.mark.parametrize("limit", ["0", "1000", "-1"])
def test_a_limit_out_of_range_is_an_error(run, tones, tones_run, tmp_path: Path, limit: str) -> None:
    ran = run("transcribe", f"model={tones_run}", f"inputs={tones}", f"output_dir={tmp_path}", f"whole_up_to_s={limit}")
    assert ran.exit_code == 2
    assert "whole_up_to_s must be from 1 to 120 s" in ran.stderr
