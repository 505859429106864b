"""report.html: what it shows, of ordinary runs and of odd ones."""

import base64
import io
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.report.thumbnails import Picture
from pipelines.reporting import emission_picture
from pipelines.reporting.clip_views import MAX_SHOWN_S, ClipView, ClipViewer, encode_mp3
from pipelines.reporting.report import Origin, ScoredClips, write_report
from recognizers.error_rate import ErrorRate
from recognizers.inference.predictor import Predictor
from recognizers.inference.scoring import Scores, summarise

FROZEN = Path(__file__).parents[2] / "frozen"
LABEL_RATES = {"accuracy": ErrorRate("label", as_accuracy=True)}
TEXT_RATES = {"wer": ErrorRate("word"), "cer": ErrorRate("character")}
RECORD = {"git_commit": None, "python": "3.11", "versions": {"torch": "2"}, "fingerprints": {"test": "abc"}}
ORIGIN = Origin("python -m pipelines.evaluate model=RUN", RECORD)
MEGABYTE = 1 << 20


class SmallPictures:
    """Draws every clip as the same picture."""

    def __init__(self) -> None:
        content = io.BytesIO()
        Image.new("RGB", (8, 8)).save(content, "WEBP")
        self.picture = Picture(content.getvalue(), 4, 4)

    def view(self, row: dict[str, Any]) -> ClipView | None:
        return None if "failure" in row else ClipView(row, self.picture, b"mp3", None, None, [("a", 0.5)])


def row(number: int, reference: str, prediction: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"clip-{number}",
        "reference": reference,
        "prediction": prediction,
        "confidence": 0.9,
        "speaker": f"s{number % 7}",
        "duration_s": 1 + number % 5,
        **more,
    }


def report(
    path: Path, rows: list[dict[str, Any]], rates: dict[str, ErrorRate], viewer: Any = None, num_clips: int = 8
) -> str:
    scores = Scores(summarise(rates, rows), rows, [])
    write_report(path, "a run", ScoredClips("test", scores, rates, viewer or SmallPictures(), num_clips), ORIGIN)
    return path.read_text(encoding="utf-8")


def test_labels_have_a_table_of_confusions_and_the_clips_of_the_worst_pairs(tmp_path: Path) -> None:
    rows = [row(n, "yes", "yes") for n in range(20)] + [row(20 + n, "no", "yes") for n in range(3)]
    page = report(tmp_path / "r.html", [*rows, row(30, "no", "no")], LABEL_RATES)
    assert '<td class="wrong" style="--share: 75%" title="no as yes: 3">3</td>' in page
    assert '<td class="right" style="--share: 100%" title="yes as yes: 20">20</td>' in page
    assert "recognised as" in page
    assert page.count("clip-2") == 3  # the clips of the pair
    assert "balanced accuracy" in page
    assert "calibration error" in page


def test_texts_are_aligned_word_by_word(tmp_path: Path) -> None:
    rows = [row(0, "go left now", "go right now please"), row(1, "stop", "stop"), row(2, "turn on", "on")]
    page = report(tmp_path / "r.html", rows, TEXT_RATES)
    assert '<span class="substitution"><bdi>left</bdi><bdi>right</bdi></span>' in page
    assert '<span class="insertion"><bdi>+</bdi><bdi>please</bdi></span>' in page
    assert '<span class="deletion"><bdi>turn</bdi><bdi>–</bdi></span>' in page
    assert "2 of 3 clips have an error" in page


def test_a_closed_vocabulary_and_words_outside_it_are_said(tmp_path: Path) -> None:
    rows = [row(0, "go left", "go right", unknown_words=1), row(1, "a", "a", unknown_words=0)]
    scores = Scores(summarise(TEXT_RATES, rows, closed_size=99), rows, [])
    write_report(tmp_path / "r.html", "a run", ScoredClips("test", scores, TEXT_RATES, SmallPictures(), 0), ORIGIN)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "closed vocabulary of 99 words" in page
    assert "1 of the 3 words to be recognised is outside its vocabulary, and counts as an error" in page
    page = report(
        tmp_path / "r.html", [row(0, "a", "a", unknown_labels=0), row(1, "b", "a", unknown_labels=1)], LABEL_RATES
    )
    assert "1 clip has a label that the recognizer does not know; it counts as an error" in page
    assert "closed vocabulary" not in page


def test_groups_of_a_field_are_compared_and_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    rows = [row(n, "a b", "a b" if n % 2 else "a", groups={evil: evil if n < 6 else "male"}) for n in range(12)]
    page = report(tmp_path / "r.html", rows, TEXT_RATES)
    assert "<script" not in page
    assert "By &lt;script&gt;" in page
    assert "male (6)" in page
    assert ">male<" in page


def test_a_page_without_recordings_shows_texts(tmp_path: Path) -> None:
    page = report(tmp_path / "r.html", [row(0, "go left", "go right"), row(1, "a", "a")], TEXT_RATES, num_clips=0)
    page += report(tmp_path / "r.html", [row(0, "yes", "no"), row(1, "a", "a")], LABEL_RATES, num_clips=0)
    assert "<bdi>left</bdi><bdi>right</bdi>" in page
    assert "recognised as" in page
    assert "data:" not in page.replace("img-src data:; media-src data:;", "")


def test_spelled_words_are_aligned_letter_by_letter(tmp_path: Path) -> None:
    page = report(tmp_path / "r.html", [row(0, "abc", "abd"), row(1, "cab", "cab")], TEXT_RATES)
    assert '<span class="substitution"><bdi>c</bdi><bdi>d</bdi></span>' in page


def test_texts_of_a_corpus_are_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    page = report(tmp_path / "r.html", [row(0, evil, f"{evil}\u202e", id=evil, speaker=evil)], TEXT_RATES)
    page += report(tmp_path / "r.html", [row(0, evil, "b", speaker=evil), row(1, "b", "b")], LABEL_RATES)
    assert "<script" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize("rates", [LABEL_RATES, TEXT_RATES], ids=["labels", "texts"])
@pytest.mark.parametrize(
    "rows",
    [
        [row(0, "a", "a")],
        [row(0, "a", "")],
        [row(0, "a", "", failure="cannot be read", confidence=None, duration_s=None, speaker=None)],
        [row(n, "a", "a") for n in range(50)],
        [row(n, "a", "") for n in range(50)],
    ],
    ids=["one clip", "nothing recognised", "unreadable", "one class", "nothing recognised of many"],
)
def test_odd_results_are_reported(rows: list[dict[str, Any]], rates: dict[str, ErrorRate], tmp_path: Path) -> None:
    page = report(tmp_path / "r.html", [dict(each) for each in rows], rates)
    assert "How to reproduce this" in page


def test_many_clips_and_classes_give_a_page_of_bounded_size(tmp_path: Path) -> None:
    names = [f"class {number}" for number in range(1000)]
    rng = random.Random(0)
    rows = [row(n, rng.choice(names), rng.choice(names), speaker=f"s{n % 2000}") for n in range(10_000)]
    page = report(tmp_path / "labels.html", rows, LABEL_RATES)
    assert "Of 1,000 labels, the 40 with the most errors are shown" in page
    assert "The first 20 of 2,000" in page or "the first 20 of 2,000" in page
    words = [" ".join(rng.choices(names, k=10)) for _ in range(2000)]
    rows = [row(n, rng.choice(words), rng.choice(words)) for n in range(2000)]
    report(tmp_path / "texts.html", rows, TEXT_RATES)
    assert max(path.stat().st_size for path in tmp_path.iterdir()) < 5 * MEGABYTE


def test_many_labels_without_a_confusion_have_a_table(tmp_path: Path) -> None:
    page = report(tmp_path / "r.html", [row(n, f"class {n % 50}", f"class {n % 50}") for n in range(100)], LABEL_RATES)
    assert "All clips have the same label" not in page
    assert "Of 50 labels, the 40 with the most errors are shown" in page
    assert page.count('class="right"') == 40


def test_without_clips_the_page_says_so(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", "a run", None, ORIGIN)
    assert "No clip was scored" in (tmp_path / "r.html").read_text(encoding="utf-8")


class OneSignal:
    """Stands for prepared clips that all have the same signal."""

    def __init__(self, signal: Signal) -> None:
        self.one = signal

    def signal(self, clip: Any) -> Signal:
        return self.one


class NamedClip:
    id = "clip-0"


def test_of_an_hour_only_the_beginning_is_shown(tmp_path: Path) -> None:
    predictor = Predictor.load(FROZEN / "speech")
    rng = np.random.default_rng(0)
    rate_hz = round(predictor.extractor.sample_rate_hz)
    hour = Signal(rng.normal(0, 500, 3600 * rate_hz).astype(np.int16), rate_hz)
    viewer = ClipViewer(predictor, OneSignal(hour), [NamedClip()])  # type: ignore[arg-type,list-item]
    page = report(tmp_path / "r.html", [row(0, "eight", "", duration_s=3600.0)], TEXT_RATES, viewer)
    assert f"the first {MAX_SHOWN_S:.0f}" in page
    assert "data:audio/mpeg;base64" in page
    assert len(page) < MEGABYTE


def test_symbols_after_what_is_shown_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = Predictor.load(FROZEN / "speech")
    rate_hz = round(predictor.extractor.sample_rate_hz)
    samples = np.zeros(60 * rate_hz, np.int16)
    samples[-10 * rate_hz :] = np.random.default_rng(0).normal(0, 900, 10 * rate_hz)
    drawn = []
    monkeypatch.setattr(
        emission_picture, "draw_output", lambda emissions, *_: drawn.append(emissions) or Image.new("RGB", (1020, 9))
    )
    viewer = ClipViewer(predictor, OneSignal(Signal(samples, rate_hz)), [NamedClip()])  # type: ignore[arg-type,list-item]
    assert viewer.view(row(0, "eight one two three", "", duration_s=60.0)) is not None
    [emissions] = drawn
    assert len(emissions.log_probs) == math.ceil(MAX_SHOWN_S * predictor.emission_rate_hz) + 1
    assert all(start_s < MAX_SHOWN_S for _, start_s, _ in emissions.expected)


def test_hands_move_and_their_emissions_are_drawn() -> None:
    predictor = Predictor.load(FROZEN / "fingerspelling")
    signal = predictor.extractor.signal_of(np.load(FROZEN / "fingerspelling.npy"), 25.0)
    viewer = ClipViewer(predictor, OneSignal(signal), [NamedClip()])  # type: ignore[arg-type,list-item]
    view = viewer.view(row(0, "a", "a"))
    assert view is not None
    assert view.sound is None
    moving = Image.open(io.BytesIO(view.hands or b""))
    assert moving.n_frames > 5  # type: ignore[attr-defined]
    assert view.picture is not None


@pytest.mark.parametrize("rate_hz", [4000, 8000, 10_000, 16_000, 96_000])
def test_sound_of_any_rate_can_be_played(rate_hz: int) -> None:
    import soundfile

    time_s = np.arange(rate_hz) / rate_hz
    signal = Signal((8000 * np.sin(2 * np.pi * 440 * time_s)).astype(np.int16), rate_hz)
    played, played_hz = soundfile.read(io.BytesIO(encode_mp3(signal)))
    assert len(played) / played_hz == pytest.approx(1, abs=0.1)
    spectrum = np.abs(np.fft.rfft(played))
    assert spectrum.argmax() * played_hz / len(played) == pytest.approx(440, abs=5)


def test_a_training_and_its_evaluation_write_reports(run, tones_run: Path) -> None:
    page = (tones_run / "report.html").read_text(encoding="utf-8")
    assert "How the training went" in page
    assert "python -m pipelines.train experiment=speech" in page
    assert "Kinds of errors" in page
    assert base64.b64encode(b"RIFF")[:4].decode() in page  # pictures
    rows = [json.loads(line) for line in (tones_run / "test_results.jsonl").read_text().splitlines()]
    assert {"id", "reference", "prediction", "confidence", "duration_s", "word_errors"} <= rows[0].keys()
    history = [json.loads(line) for line in (tones_run / "history.jsonl").read_text().splitlines()]
    assert [each["epoch"] for each in history] == list(range(1, len(history) + 1))
    assert history[-1]["train/loss"] < history[0]["train/loss"]


@pytest.mark.browser
def test_long_words_and_other_scripts_fit_a_phone(open_page, tmp_path: Path) -> None:
    hebrew = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"
    rows = [row(0, "a b", "x" * 300), row(1, hebrew, hebrew.split()[0]), row(2, "\u65e5\u672c" * 40, "")]
    report(tmp_path / "r.html", rows, TEXT_RATES)
    page = open_page(tmp_path / "r.html", 390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first, second = (page.locator(".aligned[dir=rtl] span").nth(number).bounding_box()["x"] for number in range(2))
    assert first > second  # read from the right


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_a_browser_shows_the_report_of_a_training(open_page, tones_run: Path, width: int, theme: str) -> None:
    page = open_page(tones_run / "report.html", width, theme)
    assert page.locator("svg.chart").count() >= 4
    assert page.get_by_text("The worst clips").is_visible() or page.get_by_text("A random choice").is_visible()
    assert page.locator("audio").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width  # only tables scroll sideways
    colours = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours == ("rgb(245, 246, 248)" if theme == "light" else "rgb(16, 18, 24)")
    ink = page.locator("svg.chart text").first.evaluate("each => getComputedStyle(each).fill")
    assert ink == {"light": "rgb(27, 31, 39)", "dark": "rgb(229, 232, 238)"}[theme]
    loaded = "each => new Promise(done => { each.onloadedmetadata = () => done(each.duration); each.load(); })"
    assert page.locator("audio").first.evaluate(loaded) > 0.1
