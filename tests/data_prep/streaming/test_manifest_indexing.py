import json
import logging
import pickle
from pathlib import Path
from typing import Any

import pytest

from data_prep.corpora.foreign import sources
from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.manifest import read_manifest
from data_prep.report import text_checks
from data_prep.report.split_checks import check_splits, check_unseen_classes, spell_labels
from data_prep.report.text_checks import check_texts
from data_prep.splits import speakers_across_splits, split_fingerprints
from data_prep.streaming import manifest_indexing
from data_prep.streaming.lazy_manifest import LazyManifest
from data_prep.streaming.manifest_indexing import equal_groups, index_manifest
from recognizers.training.targets import build_vocabulary

GOOD = {"path": "a.wav", "text": "hello"}


def write_rows(path: Path, *rows: Any) -> Path:
    (path.parent / "a.wav").touch()
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


def rows_of(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"c{i}", "path": "a.wav", "text": f"text {i % 7}", "label": f"l{i % 3}", "speaker": f"s{i % 11}"} | more
        for i in range(count)
    ]


def error_of(call: Any) -> str:
    with pytest.raises(InputError) as error:
        call()
    return str(error.value)


@pytest.mark.parametrize(
    "rows",
    [
        ["{broken", GOOD],
        [GOOD, {"text": "no path"}, "[1]", {"path": "a.wav", "text": ""}],
        [GOOD, "", GOOD, GOOD, "\r", GOOD | {"id": "b", "split": "dev?"}],
        [GOOD | {"id": "x"}, GOOD | {"id": "y"}, GOOD | {"id": "x"}, GOOD | {"id": "y"}, "no", GOOD | {"id": "x"}],
        [GOOD | {"id": str(i % 40)} for i in range(100)],
        ["?"] * 50,
        [GOOD | {"start_s": 2, "end_s": 1}],
    ],
)
def test_errors_are_those_of_a_manifest_that_is_read_at_once(rows: list[Any], tmp_path: Path) -> None:
    path = write_rows(tmp_path / "m.jsonl", *rows)
    assert error_of(lambda: index_manifest(path)) == error_of(lambda: read_manifest(path))


def test_clips_are_those_of_a_manifest_that_is_read_at_once(tmp_path: Path) -> None:
    rows: list[Any] = [*rows_of(30), "", {"file_name": "a.wav", "sentence": "größe", "subset": "dev", "take": [1]}]
    path = write_rows(tmp_path / "m.jsonl", *rows)
    clips, expected = index_manifest(path), read_manifest(path)
    assert list(clips) == expected
    assert [clips[i] for i in range(-3, 3)] == [expected[i] for i in range(-3, 3)]
    assert list(clips[5:20:3]) == expected[5:20:3]
    assert list(pickle.loads(pickle.dumps(clips))) == expected
    with pytest.raises(IndexError):
        clips[31]


def test_an_empty_manifest_has_no_clips(tmp_path: Path) -> None:
    assert list(index_manifest(write_rows(tmp_path / "m.jsonl"))) == []


def test_no_manifest(tmp_path: Path) -> None:
    assert error_of(lambda: index_manifest(tmp_path / "m.jsonl")) == error_of(
        lambda: read_manifest(tmp_path / "m.jsonl")
    )


def test_a_manifest_that_changes_is_not_read_on(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "m.jsonl", *rows_of(3))
    clips = index_manifest(path)
    write_rows(path, *rows_of(4))
    with pytest.raises(InputError, match=r"m.jsonl: has changed since its rows were read; start again"):
        clips[0]
    path.unlink()
    with pytest.raises(InputError, match="cannot be read any more"):
        clips[0]


def test_different_ids_of_equal_hash_are_no_duplicates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_indexing, "hash_id", lambda name: len(name))
    path = write_rows(tmp_path / "m.jsonl", *rows_of(20))
    assert list(index_manifest(path)) == read_manifest(path)
    write_rows(path, *rows_of(20), GOOD | {"id": "c7"})
    assert "m.jsonl:21: duplicate id 'c7' (first used on line 8)" in error_of(lambda: index_manifest(path))


def test_equal_groups() -> None:
    import numpy as np

    groups = equal_groups(np.array([3, 1, 3, 2, 1, 3], np.uint64))
    assert [group.tolist() for group in groups] == [[1, 4], [0, 2, 5]]
    assert list(equal_groups(np.array([], np.uint64))) == []


@pytest.fixture
def lazy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LAZY_BYTES", 0)


@pytest.mark.parametrize(
    "settings",
    [{}, {"validation_share": 0.3, "test_share": 0.0}, {"fold": 2}, {"folds": "speaker", "fold": 4}],
)
@pytest.mark.parametrize("speaker", ["s", None])
def test_a_corpus_is_the_same_whether_it_is_lazy_or_not(
    settings: dict[str, Any], speaker: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if speaker is None and settings.get("folds") == "speaker":
        pytest.skip("needs speakers")
    rows = rows_of(150) if speaker else rows_of(150, speaker=None)
    rows[3]["split"] = "train"
    path = write_rows(tmp_path / "m.jsonl", *rows)
    expected = ManifestCorpus(str(path), **settings).clips()
    monkeypatch.setattr(sources, "LAZY_BYTES", 0)
    clips = ManifestCorpus(str(path), **settings).clips()
    assert isinstance(clips, LazyManifest)
    assert not isinstance(expected, LazyManifest)
    assert list(clips) == list(expected)
    assert split_fingerprints(clips) == split_fingerprints(expected)


def test_checks_say_the_same_of_lazy_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(60)
    for number, row in enumerate(rows):
        row |= {"split": ("train", "test", "validation")[number % 5 % 3], "text": f"it’s {number} a\u0301"}
    rows[1]["label"] = "only in the test"
    path = write_rows(tmp_path / "m.jsonl", *rows)
    expected = read_manifest(path)
    clips = index_manifest(path)
    assert speakers_across_splits(clips) == speakers_across_splits(expected) != {}
    for rules in ((), ("lowercase", "apostrophes")):
        spelled, plain = spell_labels(clips, rules), spell_labels(expected, rules)
        assert list(spelled) == list(plain)
        assert spelled[3] == plain[3]
        assert list(spelled[3:9]) == list(plain[3:9])
        assert check_splits(spelled) == check_splits(plain) != []
        assert check_unseen_classes(spelled) == check_unseen_classes(plain) != []
        assert check_texts(clips, rules) == check_texts(expected, rules) != []
        for unit in ("character", "word", "label"):
            assert build_vocabulary(clips, unit, rules) == build_vocabulary(expected, unit, rules)  # type: ignore[arg-type]
    monkeypatch.setattr(text_checks, "MAX_LAZY_CLIPS", 7)
    assert check_texts(clips, ()) == check_texts(expected[::9], ())


@pytest.mark.usefixtures("lazy")
def test_files_named_like_splits_are_read_lazily(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_rows(tmp_path / "train.jsonl", {"path": "a.wav", "said": "x"})
    write_rows(tmp_path / "dev.jsonl", {"path": "b.wav", "said": "y", "speaker": "z"})
    with caplog.at_level(logging.WARNING):
        clips = ManifestCorpus(str(tmp_path), columns={"text": "said"}).clips()
    assert isinstance(clips, LazyManifest)
    assert [(clip.split, clip.text) for clip in clips] == [("validation", "y"), ("train", "x")]
    assert "dev.jsonl: 1 of the files of its 1 rows do not exist, such as " + str(tmp_path / "b.wav") in caplog.text
    write_rows(tmp_path / "dev.jsonl", {"path": "a.wav", "said": "y", "speaker": "z"})
    text = f"{tmp_path / 'train.jsonl'}:1: duplicate id 'a' (first used at {tmp_path / 'dev.jsonl'}:1)"
    assert text in error_of(ManifestCorpus(str(tmp_path), columns={"text": "said"}).clips)
    error = error_of(ManifestCorpus(str(tmp_path), columns={"text": "spoken"}).clips)
    assert error.startswith("corpus.columns.text=spoken: there is no such column; found ")


@pytest.mark.usefixtures("lazy")
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"path": "a.wav", "mood": "?"}, r"no row has a text or a label.*the columns 'mood' have no meaning here"),
        ({"path": "gone.wav", "text": "x"}, r"none of the files of its 1 rows exists; the first is .*gone.wav"),
    ],
)
def test_a_lazy_corpus_needs_targets_and_media(row: dict[str, str], message: str, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "m.jsonl", row)
    with pytest.raises(InputError, match=message):
        ManifestCorpus(str(path)).clips()


@pytest.mark.usefixtures("lazy")
def test_cuts_of_other_tools_are_not_read_lazily(tmp_path: Path) -> None:
    row = {"gloss": "book", "instances": [{"video_id": "1", "split": "train"}]}
    assert isinstance(sources.read_clips(write_rows(tmp_path / "m.jsonl", row), {}), list)
