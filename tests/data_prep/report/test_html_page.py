"""The page is self-contained, and no content of a manifest can break it."""

import base64
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from data_prep.failures import Failure
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.prepare import Prepared
from data_prep.report.checks import check_corpus
from data_prep.report.corpus_report import describe_corpus
from data_prep.report.html_page import render_page
from data_prep.report.thumbnails import draw_thumbnails
from tests.data_prep.report.conftest import clip_of, hand_signal
from tests.data_prep.report.test_checks import FINE, KINDS

HOSTILE = "</td></script><script>alert(1)</script><img src=x onerror='a'>\"'&amp;\x00\x1b[31m\u202e\udc80[red]"


class Page(HTMLParser):
    """The tags, the attributes and the text of a page, and whether its tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(prepared: Prepared, extractor: Mfcc | HandKeypoints, title: str = "corpus") -> str:
    report = describe_corpus(prepared, extractor, KINDS, "character", seed=0)
    thumbnails = draw_thumbnails(prepared, 4, seed=0)
    return render_page(title, report, check_corpus(report), thumbnails, {"corpus": {title: title}})


def hostile(prepared_of: Callable[..., Prepared]) -> Prepared:
    fields = {"speaker": HOSTILE, "label": HOSTILE, "text": HOSTILE}
    silent = np.zeros(20)
    # "x" repeats the content of the clip with the bad id, in another split.
    clips = [clip_of(HOSTILE, **fields), clip_of("x", "test", **fields | {"label": f"{HOSTILE}2"})]
    prepared = prepared_of([(clip_of("x", "test"), silent), *FINE])
    keys = prepared.keys | dict.fromkeys([HOSTILE, "x"], "x")
    failures = [Failure(HOSTILE, HOSTILE, f"{HOSTILE} {HOSTILE}")]
    return Prepared([*prepared.clips[1:], *clips], failures, prepared.store, keys)


def test_nothing_in_a_manifest_becomes_html_markup(prepared_of: Callable[..., Prepared]) -> None:
    raw = page_of(hostile(prepared_of), Mfcc(), HOSTILE)
    raw.encode()  # fails if a lone surrogate is left
    page = Page(raw)
    assert page.open == []
    assert "script" not in page.tags
    assert "onerror" not in dict(page.attributes)
    assert page.text.count("<script>alert(1)</script>") > 10
    assert {value for name, value in page.attributes if name in ("src", "href") and not value.startswith("data:")} == (
        set()
    )
    assert not set(raw) & set("\x00\x1b\u202e")


def test_a_page_has_all_sections_and_loads_nothing(prepared_of: Callable[..., Prepared]) -> None:
    raw = page_of(prepared_of(FINE), Mfcc())
    page = Page(raw)
    for heading in (
        "Warnings",
        "Splits",
        "Clip lengths",
        "Characters in texts (2)",
        "Sound levels",
        "Shared between splits",
    ):
        assert heading in page.text
    assert "Hands" not in page.text
    assert "prefers-color-scheme: dark" in raw
    assert not re.search(r"https?:|//|@import|url\(", re.sub(r"data:image/webp;base64,[\w+/=]+", "", raw))
    assert "script" not in page.tags


def test_the_pictures_of_a_page_can_be_decoded(prepared_of: Callable[..., Prepared]) -> None:
    for prepared, extractor in (
        (prepared_of(FINE), Mfcc()),
        (prepared_of([(clip_of("h", label="x"), hand_signal(np.array([[1, 0]] * 9)))]), HandKeypoints()),
    ):
        sources = [value for name, value in Page(page_of(prepared, extractor)).attributes if name == "src"]
        assert len(sources) == min(len(prepared.clips), 4)
        for source in sources:
            kind, data = source.split(",", 1)
            assert kind == "data:image/webp;base64"
            with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
                picture.load()
                assert picture.format == "WEBP"


def test_a_page_of_hands_counts_frames_and_lists_clips_that_rarely_show_hands(
    prepared_of: Callable[..., Prepared],
) -> None:
    seen = {"half": [[1, 0], [0, 0]], "all": [[1, 1], [1, 1]]}
    pairs = [(clip_of(name, label="x"), hand_signal(np.array(which))) for name, which in seen.items()]
    text = Page(page_of(prepared_of(pairs), HandKeypoints())).text
    assert "Hands" in text
    assert "75.0 %" in text
    assert "half" in text
    assert "Sound levels" not in text


def test_long_lists_are_cut_and_say_so(prepared_of: Callable[..., Prepared]) -> None:
    silent = [(clip_of(f"q{number:03}", text="ab"), np.zeros(50)) for number in range(203)]
    text = Page(page_of(prepared_of(silent), Mfcc())).text
    assert "(the first 200 of 203)" in text
    assert "… 3 more" in text
