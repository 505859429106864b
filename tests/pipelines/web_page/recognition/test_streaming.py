"""Streams in the page: the utterances, partial and final results of Python's streams."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from recognizers import Final, Partial, Recognizer, StreamSettings, load
from recognizers.bundle.weights import load_bundle
from recognizers.runtime.stepwise.description import DESCRIPTION_NAME, NETWORK_NAME, describe_steps
from recognizers.runtime.stepwise.step_export import write_steps
from recognizers.runtime.stepwise.step_module import StepModule
from recognizers.segmentation.silero_detector import MODEL_PATH
from recognizers.segmentation.utterances import UtteranceBegins, UtteranceFinder
from tests.recognizers.streaming.recognizers_for_streams import STREAMABLE, save, spec_of

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[3] / "frozen"
RATE_HZ = 16_000


def test_utterances_begin_and_end_in_the_same_windows(call) -> None:
    rng = np.random.default_rng(0)
    cases = []
    for _ in range(40):
        steps = rng.choice([0.0, 0.3, 0.4, 0.9], size=60, p=[0.4, 0.1, 0.1, 0.4])
        cases.append(np.repeat(steps, rng.choice([1, 2, 5, 12, 200], size=60, p=[0.3, 0.3, 0.2, 0.15, 0.05])))
    body = """return given[0].map((each) => {
        const finder = new module.UtteranceFinder(given[1]);
        return finder.add(each).map(({ kind, window }) => [kind, window]);
    });"""
    for pause_s in (0.1, 0.5, 2.0):
        for found, case in zip(call("utterances", body, cases, pause_s), cases, strict=True):
            expected = UtteranceFinder(pause_s).add(case.tolist())
            kinds = ["begin" if isinstance(each, UtteranceBegins) else "end" for each in expected]
            assert found == [[kind, each.window] for kind, each in zip(kinds, expected, strict=True)]


@pytest.fixture(scope="module")
def recognizer(served: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    """A recognizer that reads forward only, whose export the page can load from /forward."""
    model = tmp_path_factory.mktemp("forward")
    spec = spec_of(features=STREAMABLE | {"sample_rate_hz": RATE_HZ})
    save(model, spec)
    folder = served[0] / "forward"
    export(ExportConfig(model=str(model), output_dir=str(folder)))
    shutil.copy(MODEL_PATH, folder)
    bundle = load_bundle(model)
    steps = StepModule(bundle.encoder, bundle.head)  # type: ignore[arg-type]
    write_steps(folder / NETWORK_NAME, steps, bundle.extractor)
    content = (folder / NETWORK_NAME).read_bytes()
    about = {"file": NETWORK_NAME, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    document = describe_steps(spec, bundle.extractor, bundle.encoder.subsampling, steps.state_shapes(), about)
    (folder / DESCRIPTION_NAME).write_text(json.dumps(document))
    return load(model)


def speech() -> np.ndarray:
    """Real speech with pauses of all kinds, among them one of 3 s, and a long utterance without any."""
    said = soundfile.read(FROZEN / "an4.flac", dtype="int16")[0]
    rng = np.random.default_rng(0)
    parts = [np.zeros(700, np.int16)]
    for pause_s in (0.3, 3.0, 0.7):
        parts += [said, (2 * rng.standard_normal(round(pause_s * RATE_HZ))).astype(np.int16)]
    voiced = said[len(said) // 3 : len(said) // 2]
    return np.concatenate([*parts, np.tile(voiced, 22 * RATE_HZ // len(voiced)), said])


STREAM = """const ort = await import("/native_ort.js");
    const { loadRecognizer } = await import("/recognition/recognizer.js");
    const { loadSteps } = await import("/recognition/step_network.js");
    const [chunks, incremental] = given;
    const recognizer = await loadRecognizer(ort, "/forward/", { source: "waveform" });
    const steps = incremental ? await loadSteps(ort, "/forward") : null;
    const stream = new module.SoundStream(recognizer, { steps });
    const results = chunks.map((chunk) => stream.add(chunk)); // calls that overlap keep their order
    return await Promise.all([...results, stream.finish()]);
"""


@pytest.mark.parametrize("incremental", [True, False])
def test_results_are_those_of_python_after_each_chunk(call, recognizer: Recognizer, incremental: bool) -> None:
    samples = speech()
    chunks = np.split(samples, range(3000, len(samples), 3000))
    stream = recognizer.stream(RATE_HZ, StreamSettings(incremental=incremental))
    expected = [*(stream.add(chunk) for chunk in chunks), stream.finish()]
    found = call("streaming", STREAM, [chunk.astype(np.float32) / np.float32(32768) for chunk in chunks], incremental)
    num_finals = num_partials = 0
    for results, wanted in zip(found, expected, strict=True):
        finals = [each for each in wanted if isinstance(each, Final)]
        partials = [each for each in wanted if isinstance(each, Partial)]
        for final, other in zip(results["finals"], finals, strict=True):
            assert (final["startS"], final["endS"]) == (other.start_s, other.end_s)
            check(final, other.text, other.prediction.words)  # type: ignore[union-attr]
            assert final["durationS"] == pytest.approx(other.prediction.duration_s, abs=1e-9)
            assert final["confidence"] == pytest.approx(other.prediction.confidence, abs=1e-4)
        assert (results["partial"] is not None) == bool(partials)
        for other in partials:
            assert (results["partial"]["startS"], results["partial"]["endS"]) == (other.start_s, other.end_s)
            check(results["partial"], other.text, other.words)
        num_finals, num_partials = num_finals + len(finals), num_partials + len(partials)
    assert num_finals >= 3
    assert num_partials >= 10


def check(found: dict[str, Any], text: str, words: Any) -> None:
    assert found["text"] == text
    for word, other in zip(found["words"], words, strict=True):
        assert word["word"] == other.text
        assert (word["startS"], word["endS"]) == pytest.approx((other.start_s, other.end_s), abs=1e-6)
        assert word["confidence"] == pytest.approx(other.confidence, abs=1e-4)


@pytest.mark.parametrize("length", [1, 300, 1199, 1200, 5000])
def test_emissions_of_short_clips_equal_those_of_the_whole(call, recognizer: Recognizer, length: int) -> None:
    samples = speech()[700 : 700 + length].astype(np.float32) / np.float32(32768)
    body = """const ort = await import("/native_ort.js");
        const { loadRecognizer } = await import("/recognition/recognizer.js");
        const recognizer = await loadRecognizer(ort, "/forward/", { source: "waveform" });
        const stream = new module.EmissionStream(await module.loadSteps(ort, "/forward/"));
        for (let start = 0; start < given[0].length; start += 100) await stream.add(given[0].slice(start, start + 100));
        await stream.finish();
        return [stream.emissions, await recognizer.emissionsOf(given[0])];"""
    streamed, whole = call("step_network", body, samples)
    assert (streamed["rows"], streamed["rateHz"]) == (whole["rows"], whole["rateHz"])
    np.testing.assert_allclose(streamed["values"], whole["values"], atol=1e-4)


def test_a_stream_needs_text_of_sound(call) -> None:
    body = 'new module.SoundStream({ source: "landmarks", task: "transcribe" });'
    with pytest.raises(Exception, match="needs a recognizer that gives the text of sound"):
        call("streaming", body)
