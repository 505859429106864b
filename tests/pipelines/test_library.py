"""The library gives other programs what the commands give, for files and for arrays."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import recognizers
from data_prep.media import Media
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.schema import ClassifyConfig, ExportConfig, TranscribeConfig
from pipelines.inference.export_onnx import export
from recognizers import Recognizer, Transcript, load
from recognizers.api import BATCH_SIZE, WHOLE_UP_TO_S
from tests.pipelines.conftest import RATE_HZ, spoken_tones, write_skeletons

ROOT = Path(__file__).parents[2]
FROZEN = ROOT / "tests" / "frozen"
#: The tones of these tests are not speech.
ENERGY: dict[str, Any] = {"voice_activity": "energy"}
TORCH_OR_ITS_USERS = {"torch", "torchaudio", "torchmetrics", "pytorch_lightning"}


@pytest.fixture(scope="module")
def exported(tones_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "tones"
    export(ExportConfig(model=str(tones_run / "bundle"), output_dir=str(folder), features_inside=False))
    return folder


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that is long enough to be cut."""
    rng = np.random.default_rng(5)
    parts = [np.concatenate([spoken_tones("abca", rng), 0.003 * rng.standard_normal(RATE_HZ)]) for _ in range(20)]
    path = tmp_path_factory.mktemp("long") / "long.wav"
    soundfile.write(path, np.concatenate(parts), RATE_HZ)
    assert soundfile.info(path).duration > 30
    return path


@pytest.fixture(scope="module")
def recognizer(tones_run: Path) -> Recognizer:
    return load(tones_run, num_threads=free_cores(0))


def row_of_command(run, command: str, model: Path, path: Path, out: Path, *more: str) -> dict:
    given = [f"model={model}", f"inputs={path}", f"output_dir={out}", "num_workers=0", *more]
    assert run(command, *given).exit_code == 0
    [line] = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return json.loads(line)


def row_of(transcript: Transcript) -> dict:
    """A transcript as a row of results.jsonl, which rounds numbers."""
    return {
        "text": transcript.text,
        "confidence": round(transcript.confidence, 6),
        "duration_s": round(transcript.duration_s, 3),
        "words": [
            {
                "word": word.text,
                "start_s": round(word.start_s, 3),
                "end_s": round(word.end_s, 3),
                "confidence": round(word.confidence, 4),
            }
            for word in transcript.words
        ],
    }


@pytest.mark.parametrize("runtime", ["torch", "onnx", "onnx_int8"])
@pytest.mark.parametrize("which", ["short", "long"])
def test_a_transcript_equals_that_of_the_command(
    run, tones: Path, tones_run: Path, exported: Path, long: Path, tmp_path: Path, runtime, which: str
) -> None:
    path = long if which == "long" else tones / "1.wav"
    model = tones_run if runtime == "torch" else exported
    expected = row_of_command(run, "transcribe", model, path, tmp_path, f"runtime={runtime}")
    found = load(str(model), runtime, num_threads=free_cores(0)).transcribe(str(path), **ENERGY)
    assert row_of(found) == {name: expected[name] for name in ("text", "confidence", "duration_s", "words")}
    assert len(found.words) == len(found.text.split()) > 0


def test_whole_up_to_s_has_the_effect_and_the_default_of_the_command(
    run, recognizer, tones_run, long: Path, tmp_path: Path
) -> None:
    expected = row_of_command(run, "transcribe", tones_run, long, tmp_path, "whole_up_to_s=40")
    found = recognizer.transcribe(long, whole_up_to_s=40, **ENERGY)
    assert (found.text, row_of(found)["words"]) == (expected["text"], expected["words"])
    assert found != recognizer.transcribe(long, **ENERGY)
    assert (TranscribeConfig.whole_up_to_s, TranscribeConfig.batch_size) == (WHOLE_UP_TO_S, BATCH_SIZE)
    assert ClassifyConfig.batch_size == BATCH_SIZE


def test_sound_in_an_array_gives_the_same_as_its_file(recognizer: Recognizer, tones: Path, long: Path) -> None:
    for path in (tones / "1.wav", long):
        expected = recognizer.transcribe(path, **ENERGY)
        for dtype in ("int16", "float32", "float64"):
            samples, rate_hz = soundfile.read(path, dtype=dtype)
            assert recognizer.transcribe(samples, rate_hz, **ENERGY) == expected
        assert recognizer.transcribe(np.stack([samples, samples], axis=1), rate_hz, **ENERGY).text == expected.text


def test_a_media_names_part_of_a_file_and_the_encoding_of_headerless_sound(
    recognizer: Recognizer, tones: Path, tmp_path: Path
) -> None:
    samples, rate_hz = soundfile.read(tones / "1.wav", dtype="int16")
    (tmp_path / "1.raw").write_bytes(samples.tobytes())
    half_s = len(samples) / rate_hz / 2
    expected = recognizer.transcribe(samples[: round(half_s * rate_hz)], rate_hz, **ENERGY)
    media = Media(tmp_path / "1.raw", end_s=half_s, encoding=f"s16le@{rate_hz}")
    assert recognizer.transcribe(media, **ENERGY) == expected
    assert recognizer.transcribe(replace(media, path=str(media.path)), **ENERGY) == expected  # type: ignore[arg-type]


def test_a_label_equals_that_of_the_command_and_of_an_array(run, skeletons_run: Path, tmp_path: Path) -> None:
    recognizer = load(skeletons_run, num_threads=free_cores(0))
    root = write_skeletons(tmp_path / "signs", each=1)
    for number, label in enumerate(("open", "close")):
        path = root / f"{number}.txt"
        expected = row_of_command(run, "classify", skeletons_run, path, tmp_path / str(number))
        found = recognizer.classify(path)
        assert found.label == expected["label"] == label
        assert {name: round(score, 6) for name, score in found.scores.items()} == expected["scores"]
        assert list(found.scores) == list(expected["scores"])
        assert found.confidence == found.scores[label]
        assert round(found.duration_s, 3) == expected["duration_s"]
        landmarks = recognizer._predictor.extractor.signal(Media(path)).values[:, 0, 0]  # (T, 21, 3)
        assert recognizer.classify(landmarks, 30) == found


def test_importing_is_cheap_and_onnx_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "import recognizers\n"
        "assert not {'numpy', 'av', 'torch'} & set(sys.modules)\n"
        f"transcript = recognizers.load({str(FROZEN / 'speech')!r}, runtime='onnx')"
        f".transcribe({str(FROZEN / 'an4.flac')!r})\n"
        f"assert not {TORCH_OR_ITS_USERS!r} & set(sys.modules)\n"
        "print(transcript.text)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
    assert sorted(recognizers.__all__) == sorted(name for name in recognizers.__all__ if getattr(recognizers, name))
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = recognizers.lode
