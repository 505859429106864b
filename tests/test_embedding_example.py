"""The JavaScript example of `docs/embedding.md`, in Node, with a stand-in for onnxruntime-web."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.features.hand_keypoints import HandKeypoints
from recognizers.interpreter import LabelInterpreter, TextInterpreter
from recognizers.runtime.features_inside.inputs import LandmarkInput
from recognizers.vocabulary import Vocabulary

PAGE = Path(__file__).parents[1] / "docs" / "embedding.md"
#: Gives log-probabilities that a test has chosen, whatever it is asked.
STAND_IN = """
export class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
export const InferenceSession = {
  create: async (given) => ({ run: async () => ({
    log_probs: { data: Float32Array.from(given.log_probs) }, lengths: { data: BigInt64Array.of(BigInt(given.length)) },
  }) }),
};
"""

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


@pytest.fixture
def node(tmp_path: Path) -> Any:
    """Run a module that can import the example, and return the JSON that it prints."""
    match = re.search(r"^```javascript\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert match is not None
    (tmp_path / "example.mjs").write_text(match[1], encoding="utf-8")
    package = tmp_path / "node_modules" / "onnxruntime-web"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "onnxruntime-web", "type": "module", "main": "index.js"}')
    (package / "index.js").write_text(STAND_IN)

    def node(code: str, given: Any) -> Any:
        script = f"import * as example from './example.mjs';\nconst given = {json.dumps(given)};\n{code}"
        (tmp_path / "script.mjs").write_text(script, encoding="utf-8")
        ran = subprocess.run(["node", "script.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return node


@pytest.mark.parametrize(
    "vocabulary",
    [
        Vocabulary("character", tuple("ab c")),
        Vocabulary("word", ("ONE", "TWO", "THREE")),
        Vocabulary("label", ("go", "stop")),
    ],
)
def test_answers_equal_those_in_python(node: Any, vocabulary: Vocabulary) -> None:
    is_label = vocabulary.unit == "label"
    interpreter = LabelInterpreter(vocabulary) if is_label else TextInterpreter(vocabulary)
    rng = np.random.default_rng(0)
    for _ in range(3):
        shape = (1, vocabulary.num_ids) if is_label else (1, 40, vocabulary.num_ids)
        log_probs = np.log(rng.dirichlet(np.ones(vocabulary.num_ids), shape[:-1])).astype(np.float32)
        [expected] = interpreter.predictions(log_probs, np.array([40]))
        about = {
            "task": interpreter.task,
            "symbols": [*[""] * vocabulary.first_id, *vocabulary.symbols],
            "blank": None if is_label else 0,
            "separator": " " if vocabulary.unit == "word" else "",
        }
        code = """
            const network = await example.load(given.about, given);
            console.log(JSON.stringify(await example.recognize(network, example.fromSound(new Float32Array(3)))));
        """
        found = node(code, {"about": about, "log_probs": log_probs.ravel().tolist(), "length": 40})
        assert found[interpreter.target] == expected.text
        if is_label:
            assert found["confidence"] == pytest.approx(expected.confidence, abs=1e-6)


def test_hands_become_the_inputs_that_python_makes(node: Any) -> None:
    device_input = LandmarkInput(HandKeypoints())
    signal = device_input.noise(np.random.default_rng(0), 9)
    expected = device_input.arrays(signal)

    def points(hand: np.ndarray) -> list[dict[str, float]]:
        return [dict(zip("xyz", each, strict=True)) for each in hand.tolist()]

    pictures = [
        {
            "timeMs": 1000 * number / signal.rate_hz,
            "hands": [
                None if np.isnan(hand).any() else {"landmarks": points(hand[0]), "worldLandmarks": points(hand[1])}
                for hand in hands
            ],
        }
        for number, hands in enumerate(signal.values)
    ]
    code = """
        const plain = ({ type, data, dims }) => ({ type, data: Array.from(data, Number), dims });
        const inputs = Object.entries(example.fromHands(given, 1)).map(([name, each]) => [name, plain(each)]);
        console.log(JSON.stringify(Object.fromEntries(inputs)));
    """
    found = node(code, pictures)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name]["dims"] == list(array.shape)
        assert found[name]["type"] == array.dtype.name
        np.testing.assert_allclose(np.reshape(found[name]["data"], array.shape), array, rtol=1e-6)
