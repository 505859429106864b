"""Files that the page offers for download: those of transcribe and classify."""

import json
from typing import Any

import numpy as np
import pytest

from pipelines.inference.file_result import FileResult
from pipelines.inference.formats import json_document, srt
from recognizers.inference.line_breaks import characters_for_breaks
from recognizers.prediction import Classification, Label, Prediction, Transcript, Word

pytestmark = pytest.mark.browser

TEXTS = [
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen",
    "a verylongwordthatdoesnotfitintoonelineofacaptionatallandmustbebroken somewhere",
    "これは、とても長い文章です。「字幕」に分けると、どうなりますか？２０２４年にコーヒーを飲んだ。" * 2,
    "ภาษาไทยไม่มีช่องว่างระหว่างคำ " * 4,
    "e\u0301te\u0301 क्षत्रिय ខ្មែរ \u200b zero\u200bwidth 👩‍🚀 done",
    "",
]


def transcript(rng: np.random.Generator, text: str) -> Transcript:
    """A transcript with random times; some of its words have none, as after a beam search."""
    words, end_s = [], 0.0
    for word in text.split():
        start_s = end_s + float(rng.choice([0.0, 0.05, 0.3, 1.5]))
        end_s = start_s + float(rng.choice([0.0625, 0.2, 0.8, 9.0], p=[0.4, 0.3, 0.2, 0.1]))
        if rng.random() < 0.8:
            words.append(Word(word, start_s, end_s, float(rng.random())))
    return Transcript(text, float(rng.random()), tuple(words), end_s + 0.0625)


def as_page(prediction: Prediction) -> dict[str, Any]:
    """A prediction as the page's recognizer gives it."""
    if isinstance(prediction, Transcript):
        words = [
            {"word": word.text, "startS": word.start_s, "endS": word.end_s, "confidence": word.confidence}
            for word in prediction.words
        ]
        own: dict[str, Any] = {"kind": "text", "text": prediction.text, "words": words}
    else:
        signs = [
            {"label": sign.text, "startS": sign.start_s, "endS": sign.end_s, "confidence": sign.confidence}
            | {"top": top(sign.scores)}
            for sign in prediction.labels
        ]
        own = {"kind": "label", "label": prediction.label, "signs": signs, "top": top(prediction.scores)}
    return own | {"confidence": prediction.confidence, "durationS": prediction.duration_s}


def top(scores: dict[str, float]) -> list[dict[str, Any]]:
    return [{"label": label, "score": score} for label, score in scores.items()]


def test_captions_break_lines_where_python_does(call) -> None:
    rng = np.random.default_rng(0)
    transcripts = [transcript(rng, text) for text in TEXTS for _ in range(10)]
    given = [[json.dumps(as_page(each)), {"characters": characters_for_breaks(each.text)}] for each in transcripts]
    found = call("result_files", "return given[0].map(([r, about]) => module.srt(JSON.parse(r), about));", given)
    for document, each in zip(found, transcripts, strict=True):
        assert document == srt(FileResult("clip", "clip.wav", each, ""))


def test_json_is_that_of_transcribe(call) -> None:
    rng = np.random.default_rng(1)
    transcripts = [transcript(rng, text) for text in TEXTS]
    transcripts.append(Transcript('say "\\n"', 1.0, (Word("0", 0.0005, 12.0, 0.00004),), 0.0625))
    body = """return given[0].map((r) =>
        module.resultJson(JSON.parse(r), { id: "clip", path: "clip.wav", key: "k" }));"""
    found = call("result_files", body, [json.dumps(as_page(each)) for each in transcripts])
    for document, each in zip(found, transcripts, strict=True):
        wanted = json_document(FileResult("clip", "clip.wav", each, "k"))
        assert json.loads(document, object_pairs_hook=list) == json.loads(wanted, object_pairs_hook=list)
        assert document.replace("0.00004", "4e-05") == wanted


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_of_labels_keeps_their_order(call, count: int) -> None:
    scores = {"10": 0.62345678, "2": 0.25, "1": 0.0, "word": 1e-9}
    labels = tuple(Label("10", number + 0.5, number + 1.0, 0.62345678, scores) for number in range(count))
    text = " ".join(label.text for label in labels)
    each = Classification(text, 0.5, scores if count == 1 else {}, labels, 4.0)
    body = 'return module.resultJson(JSON.parse(given[0]), { id: "a", path: "a.mp4" });'
    document = call("result_files", body, json.dumps(as_page(each)))
    wanted = json.dumps(FileResult("a", "a.mp4", each, "").row())
    assert json.loads(document, object_pairs_hook=list) == json.loads(wanted, object_pairs_hook=list)


def test_numbers_are_rounded_as_in_python(call) -> None:
    rng = np.random.default_rng(2)
    values = [*rng.uniform(-3, 3, 500).tolist(), *(np.arange(-200, 200) / 16).tolist(), 0.0005, 1e-9, 123456.0005]
    body = "return given[0].map((v) => [module.roundHalfEven(v), module.roundTo(v, 3)]);"
    for (whole, decimals), value in zip(call("rounding", body, values), values, strict=True):
        assert (whole, decimals) == (round(value), round(value, 3))
