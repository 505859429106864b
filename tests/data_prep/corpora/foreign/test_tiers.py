"""Files of Praat and ELAN next to their recordings."""

import codecs
import logging
from pathlib import Path

import pytest

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.manifest import Clip
from tests.data_prep.corpora.conftest import touch, write

SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
2
"IntervalTier"
"words"
0
3
4
0
0.25
""
0.25
1
"he said ""hi"", 5"
1
1.5
" "
1.5
3
"grüße"
"TextTier"
"clicks"
0
3
1
0.5
"x"
"""
LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0 
xmax = 3 
tiers? <exists> 
size = 2 
item []: 
    item [1]:
        class = "IntervalTier" 
        name = "words" 
        xmin = 0 
        xmax = 3 
        intervals: size = 4 
        intervals [1]:
            xmin = 0 
            xmax = 0.25 
            text = "" 
        intervals [2]:
            xmin = 0.25 
            xmax = 1 
            text = "he said ""hi"", 5" 
        intervals [3]:
            xmin = 1 
            xmax = 1.5 
            text = " " 
        intervals [4]:
            xmin = 1.5 
            xmax = 3 
            text = "grüße" 
    item [2]:
        class = "TextTier" 
        name = "clicks" 
        xmin = 0 
        xmax = 3 
        points: size = 1 
        points [1]:
            number = 0.5 
            mark = "x" 
"""


def clips_of(root: Path, **columns: str) -> list[Clip]:
    return ManifestCorpus(str(root), columns=columns, validation_share=0, test_share=0).clips()


@pytest.mark.parametrize("form", [SHORT, LONG, SHORT.replace("ooTextFile", "ooTextFile short").replace("\n", "\r\n")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-be", "utf-16-le", "latin-1"])
def test_a_textgrid_in_any_form_and_encoding(tmp_path: Path, form: str, encoding: str) -> None:
    touch(tmp_path, "deep/a.wav")
    marks = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-16-le": codecs.BOM_UTF16_LE}
    (tmp_path / "deep/a.TextGrid").write_bytes(marks.get(encoding, b"") + form.encode(encoding))
    first, second = clips_of(tmp_path)
    assert first == Clip("deep/a@0.25", tmp_path / "deep/a.wav", 0.25, 1.0, 'he said "hi", 5', split="train")
    assert (second.start_s, second.end_s, second.text) == (1.5, 3.0, "grüße")
    assert [clip.id for clip in clips_of(tmp_path / "deep/a.TextGrid")] == ["a@0.25", "a@1.5"]


def textgrid(**tiers: str) -> str:
    parts = [f'"IntervalTier" "{name}" 0 1 1 0 1 "{text}"' for name, text in tiers.items()]
    return f'"ooTextFile" "TextGrid" 0 1 <exists> {len(parts)} {" ".join(parts)}'


def test_the_tier_is_chosen_by_its_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    touch(tmp_path, "a.wav")
    write(tmp_path, {"a.TextGrid": textgrid(phones="h e", words="he")})
    with caplog.at_level(logging.INFO):
        assert [clip.text for clip in clips_of(tmp_path)] == ["he"]
    assert "the tier 'words' is read as 'text'" in caplog.text
    assert [(clip.text, clip.label) for clip in clips_of(tmp_path, label="phones")] == [(None, "h e")]
    write(tmp_path, {"a.TextGrid": textgrid(Gloss="HE", translation="he is")})
    assert [(clip.text, clip.label) for clip in clips_of(tmp_path)] == [(None, "HE")]


def test_the_speakers_of_the_montreal_forced_aligner(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    write(tmp_path, {"a.TextGrid": textgrid(**{"ann - words": "hi", "ann - phones": "h", "bob - words": "ho"})})
    clips = clips_of(tmp_path)
    assert [(clip.id, clip.text, clip.speaker) for clip in clips] == [
        ("a/ann - words@0.0", "hi", "ann"),
        ("a/bob - words@0.0", "ho", "bob"),
    ]


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (textgrid(one="x", two="y"), {}, r"not clear which of the tiers 'one', 'two'.*corpus\.columns\.text=TIER"),
        (textgrid(text="x", gloss="y"), {}, r"not clear which of the tiers"),
        (textgrid(words="x"), {"text": "utts"}, r"corpus\.columns\.text=utts: there is no such tier; found 'words'"),
        (textgrid(words="x"), {"speaker": "words"}, r"corpus\.columns\.speaker: only the tiers of 'text' or 'label'"),
        (textgrid(words="x")[:-5], {}, r"a\.TextGrid: not readable as a TextGrid; save it in Praat"),
        ("ooBinaryFile", {}, r"a\.TextGrid: not readable as a TextGrid"),
        (textgrid(words=""), {}, r"found no clip there"),
    ],
)
def test_error_for_a_wrong_textgrid(tmp_path: Path, content: str, columns: dict[str, str], message: str) -> None:
    touch(tmp_path, "a.wav")
    write(tmp_path, {"a.TextGrid": content})
    with pytest.raises(InputError, match=message):
        clips_of(tmp_path, **columns)


def test_annotations_without_a_recording_are_listed_at_once(tmp_path: Path) -> None:
    write(tmp_path, {f"{name}.TextGrid": textgrid(words="x") for name in "abc"})
    touch(tmp_path, "a.wav")
    with pytest.raises(
        InputError, match=r"(?s)2 rows are wrong:.*b\.TextGrid: no recording of the same name.*c\.TextGrid"
    ):
        clips_of(tmp_path)


EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/data/front%20view.mp4" MIME_TYPE="video/mp4" TIME_ORIGIN="2000"/>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/>
    <TIME_SLOT TIME_SLOT_ID="ts2"/>
    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="1500"/>
    <TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="1600"/>
    <TIME_SLOT TIME_SLOT_ID="ts5" TIME_VALUE="2000"/>
  </TIME_ORDER>
  <TIER TIER_ID="gloss@A" LINGUISTIC_TYPE_REF="gloss" PARTICIPANT="ann">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>HELLO</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE>A &amp; &lt;B&gt;</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="gloss@B" LINGUISTIC_TYPE_REF="gloss">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts4" TIME_SLOT_REF2="ts5">
      <ANNOTATION_VALUE>YES</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="parts" LINGUISTIC_TYPE_REF="subdivision" PARENT_REF="gloss@A">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a1">
      <ANNOTATION_VALUE>hel</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a1" PREVIOUS_ANNOTATION="a4">
      <ANNOTATION_VALUE>lo</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
  <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="gloss" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""


def test_tiers_of_elan(tmp_path: Path) -> None:
    """Slots without a time are spread evenly, and annotations without times share those that they refer to."""
    write(tmp_path, {"a.eaf": EAF})
    touch(tmp_path, "a.mp4", "a.wav")
    clips = clips_of(tmp_path)
    assert [(clip.path.name, clip.start_s, clip.end_s, clip.label, clip.speaker) for clip in clips] == [
        ("a.mp4", 0.5, 1.0, "HELLO", "ann"),
        ("a.mp4", 1.0, 1.5, "A & <B>", "ann"),
        ("a.mp4", 1.6, 2.0, "YES", "B"),
    ]
    parts = clips_of(tmp_path, text="parts")
    assert [(clip.start_s, clip.end_s, clip.text) for clip in parts] == [(0.5, 0.75, "hel"), (0.75, 1.0, "lo")]
    assert [clip.text for clip in clips_of(tmp_path, text="gloss@B")] == ["YES"]


def test_the_recording_that_an_eaf_file_names_and_where_it_begins(tmp_path: Path) -> None:
    write(tmp_path, {"a.eaf": EAF})
    touch(tmp_path, "front view.mp4")
    first, *_ = clips_of(tmp_path)
    assert (first.path.name, first.start_s) == ("front view.mp4", 2.5)


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (EAF.replace("<ANNOTATION_DOCUMENT", f"{BOMB}<ANNOTATION_DOCUMENT").replace("YES", "&b;"), "a document type"),
        (
            EAF.replace("<ANNOTATION_DOCUMENT", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><ANNOTATION_DOCUMENT'),
            "a document",
        ),
        (EAF[:-40], "not valid XML"),
        ("<html/>", "found an XML file with <html>"),
        (EAF.replace(' TIME_VALUE="1500"', ""), "an annotation has no times"),
        (EAF.replace('ANNOTATION_REF="a1"', 'ANNOTATION_REF="a9"'), "refers to one that is not there"),
    ],
)
def test_error_for_a_wrong_eaf_file(tmp_path: Path, content: str, message: str) -> None:
    write(tmp_path, {"a.eaf": content})
    touch(tmp_path, "a.mp4")
    with pytest.raises(InputError, match=rf"a\.eaf: .*{message}"):
        clips_of(tmp_path)
