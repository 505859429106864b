"""Whole recognition in the page: the answers, words, times and scores are those of Python."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from data_prep.features.extractor import Signal
from data_prep.features.landmark_files import landmarks_of
from pipelines.cli.schema import ClassifyConfig, ExportConfig, TranscribeConfig
from pipelines.inference.export_onnx import export
from recognizers import Final, Recognizer
from recognizers.inference.predictor import Predictor
from recognizers.inference.recognize import Classifier, RecordingQueue, Transcriber
from recognizers.inference.segments import RecordingReader
from recognizers.prediction import Classification, Prediction, Transcript
from recognizers.segmentation.detectors import detector_named
from recognizers.segmentation.silero_detector import MODEL_PATH

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[3] / "frozen"
RATE_HZ = 16_000
NO_POINTS: dict[str, list] = {"landmarks": [], "worldLandmarks": []}


@pytest.fixture(scope="module")
def predictors(served: tuple[Path, str]) -> dict[str, Predictor]:
    """The frozen recognizers, whose exports the page can load from /NAME."""
    found = {}
    for name in ("speech", "keywords", "signs", "fingerspelling"):
        folder = served[0] / name
        if not folder.exists():
            export(ExportConfig(model=str(FROZEN / name / "bundle"), output_dir=str(folder)))
            shutil.copy(MODEL_PATH, folder)
        found[name] = Predictor.load(FROZEN / name / "bundle")
    return found


def expected(predictor: Predictor, signal: Signal, whole_up_to_s: float, voice_activity: str = "silero") -> Prediction:
    """Recognise a signal as transcribe and classify do."""
    target = predictor.interpreter.target
    reader = RecordingReader(predictor.extractor, whole_up_to_s, target, detector_named(voice_activity))
    recognizer: Any = Transcriber(predictor, 1) if target == "text" else Classifier(predictor, 1, 5)
    queue: RecordingQueue = RecordingQueue(recognizer)
    [result] = [*queue.add("clip", reader.recording_of(signal)), *queue.flush()]
    return result.prediction


def recognize(call: Callable[..., Any], name: str, method: str, *given: Any, **options: Any) -> dict[str, Any]:
    """Recognise in the page."""
    body = f"""const ort = await import("/native_ort.js");
        const [name, options, ...rest] = given;
        const recognizer = await module.loadRecognizer(ort, `/${{name}}/`, options);
        return await recognizer.{method}(...rest, options);"""
    return call("recognizer", body, name, options, *given)


def check_text(found: dict[str, Any], wanted: Transcript) -> None:
    assert (found["kind"], found["text"]) == ("text", wanted.text)
    assert found["durationS"] == pytest.approx(wanted.duration_s, abs=1e-9)
    assert found["confidence"] == pytest.approx(wanted.confidence, abs=1e-4)
    assert [word["word"] for word in found["words"]] == [word.text for word in wanted.words]
    for word, other in zip(found["words"], wanted.words, strict=True):
        assert (word["startS"], word["endS"]) == pytest.approx((other.start_s, other.end_s), abs=1e-6)
        assert word["confidence"] == pytest.approx(other.confidence, abs=1e-4)


def check_labels(found: dict[str, Any], wanted: Classification) -> None:
    assert (found["kind"], found["label"]) == ("label", wanted.label)
    assert found["durationS"] == pytest.approx(wanted.duration_s, abs=1e-9)
    assert found["confidence"] == pytest.approx(wanted.confidence, abs=1e-4)
    assert len(found["signs"]) == len(wanted.labels)
    for sign, other in zip(found["signs"], wanted.labels, strict=True):
        assert (sign["startS"], sign["endS"]) == pytest.approx((other.start_s, other.end_s), abs=1e-6)
        scores = [(each["label"], pytest.approx(each["score"], abs=1e-4)) for each in sign["top"]]
        assert scores == list(other.scores.items())


def test_the_defaults_are_those_of_the_commands(call) -> None:
    found = call("segments", "return module.WHOLE_UP_TO_S;")
    assert found == {"transcribe": TranscribeConfig.whole_up_to_s, "classify": ClassifyConfig.whole_up_to_s}
    assert ClassifyConfig.top_k == 5


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """A real recording, 16 bits."""
    return soundfile.read(FROZEN / "an4.flac", dtype="int16")[0]


def recordings(sound: np.ndarray) -> dict[str, np.ndarray]:
    """The recording as it is, in silence, with long pauses, repeated for long, without pauses, and faint."""
    rng = np.random.default_rng(0)
    noise = (3 * rng.standard_normal(3 * RATE_HZ)).astype(np.int16)
    zeros = np.zeros(RATE_HZ // 2, np.int16)
    voiced = sound[len(sound) // 3 : len(sound) // 2]
    return {
        "whole": sound,
        "in digital silence": np.concatenate([zeros, sound, zeros]),
        "with long pauses": np.concatenate([sound, noise, sound]),
        "long": np.concatenate([part for _ in range(12) for part in (sound, noise[: RATE_HZ // 2])]),
        "long without pauses": np.tile(voiced, 40 * RATE_HZ // len(voiced)),
        "noise": noise,
        "digital silence": zeros,
        "one sample": sound[:1],
    }


@pytest.mark.parametrize("voice_activity", ["silero", "energy"])
def test_text_of_sound_equals_that_of_transcribe(call, predictors, sound, voice_activity: str) -> None:
    for samples in recordings(sound).values():
        given = samples.astype(np.float32) / np.float32(32768)
        found = recognize(call, "speech", "recognizeSound", given, voiceActivity=voice_activity)
        check_text(found, expected(predictors["speech"], Signal(samples, RATE_HZ), 30.0, voice_activity))


def test_segments_hold_emissions(call, predictors, sound) -> None:
    samples = np.concatenate([sound, np.zeros(3 * RATE_HZ, np.int16), sound])
    found = recognize(call, "speech", "recognizeSound", samples.astype(np.float32) / np.float32(32768))
    first, second = found["segments"]
    assert first["text"] == second["text"] == found["text"].rpartition(" ")[0][: len(first["text"])]
    predictor = predictors["speech"]
    for segment in (first, second):
        part = samples[round(segment["startS"] * RATE_HZ) : round(segment["endS"] * RATE_HZ)]
        [wanted] = predictor.emissions([predictor.extractor.frames(Signal(part, RATE_HZ))], 1)
        emissions = segment["emissions"]
        assert emissions["rateHz"] == predictor.emission_rate_hz
        assert abs(emissions["rows"] - len(wanted)) <= 2
        assert emissions["width"] == wanted.shape[1]


def test_labels_of_sound_equal_those_of_classify(call, predictors, sound) -> None:
    for samples in (sound, sound[: RATE_HZ // 2], np.tile(sound, 12)):
        given = samples.astype(np.float32) / np.float32(32768)
        found = recognize(call, "keywords", "recognizeSound", given)
        check_labels(found, expected(predictors["keywords"], Signal(samples, RATE_HZ), 5.0))


def pictures_of(values: np.ndarray, rate_hz: float) -> list[dict[str, Any]]:
    """(T, 2, 2, 21, 3) landmarks -> pictures as MediaPipe's web task describes them, of an aspect ratio of 1."""
    pictures = []
    for number, hands in enumerate(values):
        seen = [hand for hand in hands if not np.isnan(hand).any()]
        points = [[[dict(zip("xyz", map(float, p), strict=True)) for p in each] for each in hand] for hand in seen]
        found = [{"landmarks": image, "worldLandmarks": world} for image, world in points]
        pictures.append({"timeMs": number * 1000 / rate_hz, "hands": found})
    return pictures


@pytest.mark.parametrize("name", ["signs", "fingerspelling"])
def test_hands_give_what_transcribe_and_classify_give(call, predictors, name: str) -> None:
    clip = predictors[name].extractor.signal_of(np.load(FROZEN / f"{name}.npy"), 30.0).values
    pause = np.full((30, *clip.shape[1:]), np.nan, np.float32)
    long = np.concatenate([part for _ in range(4 if name == "signs" else 12) for part in (clip, pause)])
    whole_up_to_s = 5.0 if name == "signs" else 30.0
    check = check_labels if name == "signs" else check_text
    for values in (clip, clip[:1], long):
        found = recognize(call, name, "recognizeHands", pictures_of(values, 30.0), 1.0)
        rate_hz = 30.0 if len(values) > 1 else 1000.0
        check(found, expected(predictors[name], Signal(values, rate_hz), whole_up_to_s))  # type: ignore[operator]
    assert len(found["segments"]) > 1


@pytest.mark.parametrize(
    ("name", "method", "given", "message"),
    [
        ("speech", "recognizeSound", [np.zeros(0, np.float32)], "there is no sound"),
        ("speech", "recognizeSound", [np.array([0, np.nan], np.float32)], "sample 1 of the sound is NaN"),
        ("speech", "recognizeHands", [[], 1.0], "takes waveform, not hands"),
        ("signs", "recognizeSound", [np.zeros(9, np.float32)], "takes landmarks, not sound"),
        ("signs", "recognizeHands", [[], 1.0], "there are no pictures"),
        ("signs", "recognizeHands", [[{"timeMs": 0, "hands": []}] * 3, 1.0], "no hand found in any of the 1 pictures"),
        ("signs", "recognizeHands", [[{"timeMs": 5, "hands": []}, {"timeMs": 1, "hands": []}], 1.0], "must rise"),
        ("signs", "recognizeHands", [[{"timeMs": 5, "hands": []}], 0.0], "width by height"),
        (
            "signs",
            "recognizeHands",
            [[{"timeMs": 5, "hands": [{"landmarks": [], "worldLandmarks": []}]}], 1],
            "21 land",
        ),
    ],
)
def test_unusable_input_gives_a_readable_message(call, predictors, name, method, given, message: str) -> None:
    with pytest.raises(Exception, match=message):
        recognize(call, name, method, *given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "float16"}, "precision must be one of float32, int8; found float16"),
        ({"voiceActivity": "silent"}, "voiceActivity must be one of silero, energy; found silent"),
        ({"source": "series"}, r"from_series.json: cannot be loaded \(status 404\)"),
    ],
)
def test_wrong_options_give_a_readable_message(call, predictors, options, message: str) -> None:
    with pytest.raises(Exception, match=message):
        recognize(call, "speech", "recognizeSound", np.zeros(9, np.float32), **options)


@pytest.mark.parametrize("damage", ["differs from the exported file", "bytes, expected"])
def test_damaged_files_are_found(call, predictors, served, damage: str) -> None:
    name = damage.split()[0]
    shutil.copytree(served[0] / "speech", served[0] / name)
    path = served[0] / name / "from_waveform.onnx"
    content = path.read_bytes()
    path.write_bytes(content[:-1] if damage.startswith("bytes") else content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(Exception, match=damage):
        recognize(call, name, "recognizeSound", np.zeros(9, np.float32))


HAND_STREAM = """const ort = await import("/native_ort.js");
    const { loadRecognizer } = await import("/recognition/recognizer.js");
    const [name, pictures] = given;
    const stream = new module.HandStream(await loadRecognizer(ort, `/${name}/`, { source: "landmarks" }));
    const results = [];
    for (const picture of pictures) results.push(await stream.add(picture, 1));
    results.push(await stream.finish());
    return results;
"""


@pytest.mark.parametrize("name", ["signs", "fingerspelling"])
@pytest.mark.parametrize("is_long", [True, False])
def test_signs_in_a_stream_are_those_of_python(call, predictors, name: str, is_long: bool) -> None:
    landmarks = np.load(FROZEN / f"{name}.npy").astype(np.float32)
    if is_long:
        away = np.full((25, *landmarks.shape[1:]), np.nan, np.float32)
        held = np.repeat(landmarks[-1:], 60, axis=0)
        parts = [(away, landmarks, away, landmarks, held, landmarks), (away, landmarks, held)]
        landmarks = np.concatenate([part for some in parts for part in some])
    values = landmarks_of(np.nan_to_num(landmarks), 30.0).values
    stream = Recognizer(predictors[name]).stream(30.0)
    wanted = [*(stream.add(np.nan_to_num(frame)[None]) for frame in landmarks), stream.finish()]
    found = call("hand_stream", HAND_STREAM, name, pictures_of(values, 30.0))
    num_finals = 0
    for results, expected_results in zip(found, wanted, strict=True):
        finals = [each for each in expected_results if isinstance(each, Final)]
        partials = [each for each in expected_results if not isinstance(each, Final)]
        assert (results["partial"] is not None) == bool(partials)
        assert [results["partial"]["text"] for _ in partials] == [each.text for each in partials]
        for final, other in zip(results["finals"], finals, strict=True):
            assert (final["startS"], final["endS"]) == pytest.approx((other.start_s, other.end_s), abs=1e-6)
            assert final["label" if name == "signs" else "text"] == other.text
            assert final["confidence"] == pytest.approx(other.prediction.confidence, abs=1e-4)
        num_finals += len(finals)
    assert num_finals > 1 if is_long else num_finals == 1


def test_a_stream_takes_pictures_at_uneven_times_and_twice(call, predictors) -> None:
    clip = predictors["signs"].extractor.signal_of(np.load(FROZEN / "signs.npy"), 30.0).values
    away = np.full((30, *clip.shape[1:]), np.nan, np.float32)
    even = pictures_of(np.concatenate([away, clip, away, clip, away]), 30.0)
    rng = np.random.default_rng(0)
    uneven = [each | {"timeMs": each["timeMs"] + float(rng.uniform(0, 15))} for each in even if rng.random() < 0.9]
    doubled = [each for each in even for _ in range(2)]
    labels = []
    for pictures in (even, uneven, doubled):
        found = call("hand_stream", HAND_STREAM, "signs", pictures)
        labels.append([final["label"] for results in found for final in results["finals"]])
    assert labels[0] == labels[1] == labels[2]
    assert len(labels[0]) == 2
