from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import data_prep.prepare
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.prepare import prepare
from tests.data_prep.byte_extractor import ByteExtractor


def clips_of(folder: Path, *contents: bytes) -> list[Clip]:
    folder.mkdir(exist_ok=True)
    clips = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.bin"
        path.write_bytes(content)
        clips.append(Clip(f"clip{number}", path, text="x"))
    return clips


def test_every_clip_gets_its_signal(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"d", b"abc")
    prepared = prepare(clips, ByteExtractor(), tmp_path / "store", 0)
    assert prepared.clips == clips
    assert prepared.failures == []
    assert [bytes(prepared.signal(clip).values.astype(np.uint8)) for clip in clips] == [b"abc", b"d", b"abc"]
    assert [prepared.duration_s(clip) for clip in clips] == [0.3, 0.1, 0.3]


def test_a_second_run_extracts_nothing(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"d", b"abc")
    extractor = ByteExtractor()
    prepare(clips, extractor, tmp_path / "store", 0)
    assert len(extractor.calls) == 2  # two of the three clips have the same content
    again = prepare(clips, extractor, tmp_path / "store", 0)
    assert len(extractor.calls) == 2
    assert list(again.signal(clips[1]).values) == [ord("d")]


def test_moved_media_are_not_prepared_again(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"d")
    extractor = ByteExtractor()
    prepare(clips, extractor, tmp_path / "store", 0)
    (tmp_path / "media").rename(tmp_path / "moved")
    moved = [replace(clip, path=tmp_path / "moved" / clip.path.name) for clip in clips]
    assert len(prepare(moved, extractor, tmp_path / "store", 0).clips) == 2
    assert len(extractor.calls) == 2


def test_only_a_changed_file_is_prepared_again(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"d", b"ef")
    extractor = ByteExtractor()
    prepare(clips, extractor, tmp_path / "store", 0)
    clips[1].path.write_bytes(b"changed")
    extractor.calls.clear()
    prepared = prepare(clips, extractor, tmp_path / "store", 0)
    assert extractor.calls == ["1.bin"]
    assert prepared.duration_s(clips[1]) == 0.7


def test_only_a_changed_time_range_is_prepared_again(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"d")
    extractor = ByteExtractor()
    prepare(clips, extractor, tmp_path / "store", 0)
    extractor.calls.clear()
    prepare([clips[0], replace(clips[1], end_s=0.5)], extractor, tmp_path / "store", 0)
    assert extractor.calls == ["1.bin"]


def test_each_setting_of_the_extractor_has_its_own_store(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc")
    plain, louder = ByteExtractor(), ByteExtractor(gain=2)
    first = prepare(clips, plain, tmp_path / "store", 0)
    second = prepare(clips, louder, tmp_path / "store", 0)
    assert len(louder.calls) == 1
    assert first.store.folder != second.store.folder
    np.testing.assert_array_equal(second.signal(clips[0]).values, 2 * first.signal(clips[0]).values)
    prepare(clips, plain, tmp_path / "store", 0)
    assert len(plain.calls) == 1


def test_failures_are_listed_with_reasons_and_the_other_clips_are_prepared(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"bad", b"broken", b"d", b"gone")
    clips[4].path.unlink()
    prepared = prepare(clips, ByteExtractor(), tmp_path / "store", 0)
    assert [clip.id for clip in prepared.clips] == ["clip0", "clip3"]
    assert [(failure.id, failure.path) for failure in prepared.failures] == [
        (clip.id, str(clip.path)) for clip in (clips[1], clips[2], clips[4])
    ]
    reasons = [failure.reason for failure in prepared.failures]
    assert reasons[0] == f"{clips[1].path}: it is bad"
    assert reasons[1] == f"{clips[2].path}: IndexError: a bug in a decoder"
    assert reasons[2].startswith(f"{clips[4].path}: cannot be read")


def test_failures_of_equal_content_name_their_own_files(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"bad", b"fine", b"bad")
    prepared = prepare(clips, ByteExtractor(), tmp_path / "store", 0)
    assert [failure.reason for failure in prepared.failures] == [f"{clips[i].path}: it is bad" for i in (0, 2)]


def test_a_clip_that_failed_quickly_is_tried_again(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"bad")
    extractor = ByteExtractor()
    prepare(clips, extractor, tmp_path / "store", 0)
    extractor.calls.clear()
    assert len(prepare(clips, extractor, tmp_path / "store", 0).failures) == 1
    assert extractor.calls == ["1.bin"]


def test_a_clip_that_failed_slowly_is_not_tried_again_until_its_record_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"bad", b"broken", b"bad")
    extractor = ByteExtractor()
    monkeypatch.setattr(data_prep.prepare, "SLOW_FAILURE_S", -1.0)
    first = prepare(clips, extractor, tmp_path / "store", 0)
    clips[1].path.rename(tmp_path / "media" / "moved.bin")
    clips[1] = replace(clips[1], path=tmp_path / "media" / "moved.bin")
    extractor.calls.clear()
    caplog.clear()
    again = prepare(clips, extractor, tmp_path / "store", 0)
    assert extractor.calls == ["2.bin"]  # a bug of a decoder may be fixed by an update
    kept = again.store.folder / "failures.jsonl"
    assert (
        f"skipping 1 clip(s) that took long to fail in an earlier run; to try them again, remove {kept}" in caplog.text
    )
    assert [failure.reason for failure in again.failures] == [
        f"{clips[1].path}: it is bad",
        first.failures[1].reason,
        f"{clips[3].path}: it is bad",
    ]
    kept.unlink()
    extractor.calls.clear()
    prepare(clips, extractor, tmp_path / "store", 0)
    assert extractor.calls == ["3.bin", "2.bin"]


def test_no_usable_clip_is_an_error(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"bad", b"broken")
    with pytest.raises(InputError, match=r"none of the 2 clips can be used; the first: .*0\.bin: it is bad"):
        prepare(clips, ByteExtractor(), tmp_path / "store", 0)


def test_duplicate_ids_are_an_error(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"a", b"b")
    extractor = ByteExtractor()
    with pytest.raises(InputError, match=r"duplicate id 'clip0' \(2 clips have it\); give each clip a unique id"):
        prepare([*clips, clips[0]], extractor, tmp_path / "store", 0)
    assert extractor.calls == []


def test_work_done_before_an_interruption_is_kept(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"d", b"interrupt", b"ef")
    extractor = ByteExtractor()
    with pytest.raises(KeyboardInterrupt):
        prepare(clips, extractor, tmp_path / "store", 0)
    assert extractor.calls == ["0.bin", "1.bin", "2.bin"]
    clips[2].path.write_bytes(b"now fine")
    extractor.calls.clear()
    assert len(prepare(clips, extractor, tmp_path / "store", 0).clips) == 4
    assert extractor.calls == ["2.bin", "3.bin"]


def test_an_error_that_affects_every_clip_stops_at_the_first(tmp_path: Path) -> None:
    clips = clips_of(tmp_path / "media", b"abc", b"no model", b"d")
    extractor = ByteExtractor()
    with pytest.raises(InputError, match="the model cannot be fetched"):
        prepare(clips, extractor, tmp_path / "store", 0)
    assert extractor.calls == ["0.bin", "1.bin"]


def test_an_empty_list_of_clips_is_not_an_error(tmp_path: Path) -> None:
    prepared = prepare([], ByteExtractor(), tmp_path / "store", 0)
    assert (prepared.clips, prepared.failures) == ([], [])
