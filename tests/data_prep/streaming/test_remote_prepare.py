"""Corpora and stores in object storage, from the manifest to the signals."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from data_prep.corpora.corpus import check_root
from data_prep.corpora.foreign import sources
from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.manifest import Clip, read_manifest, write_manifest
from data_prep.prepare import Prepared, prepare
from data_prep.store.remote_store import RemoteStore
from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.object_storage import list_objects, write_bytes
from tests.data_prep.byte_extractor import ByteExtractor

SETTINGS: dict[str, Any] = {"validation_share": 0.2, "test_share": 0.2}


def put_corpus(bucket: str, *contents: bytes, **more: Any) -> str:
    for number, content in enumerate(contents):
        write_bytes(f"{bucket}/audio/{number}.bin", content)
    rows = [
        {"id": f"c{number}", "path": f"audio/{number}.bin", "text": "x", "speaker": f"s{number}"} | more
        for number in range(len(contents))
    ]
    write_bytes(f"{bucket}/manifest.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    return f"{bucket}/manifest.jsonl"


def signals(prepared: Prepared) -> dict[str, bytes]:
    return {clip.id: bytes(prepared.signal(clip).values) for clip in prepared.clips}


def prepare_there(clips: Any, store: str | Path) -> Prepared:
    return prepare(clips, ByteExtractor(), Path(store), 0)


@pytest.mark.parametrize("lazy", [False, True])
def test_a_remote_corpus_fills_a_remote_store(
    lazy: bool, bucket: str, cache: FileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LAZY_BYTES", 0 if lazy else 1 << 40)
    contents = [bytes([65 + number]) * (number + 1) for number in range(8)]
    url = put_corpus(bucket, *contents)
    clips = ManifestCorpus(url, **SETTINGS).clips()
    assert {clip.split for clip in clips} == {"train", "validation", "test"}
    prepared = prepare_there(clips, f"{bucket}/store")
    assert isinstance(prepared.store, RemoteStore)
    assert prepared.store.folder == f"{bucket}/store/audio-{ByteExtractor().signal_fingerprint()}"
    assert signals(prepared) == {f"c{number}": content for number, content in enumerate(contents)}
    assert len(list_objects(prepared.store.folder, ".safetensors")) == 1
    again = prepare_there(clips, f"{bucket}/store")
    assert signals(again) == signals(prepared)
    assert len(list_objects(prepared.store.folder, ".safetensors")) == 1
    assert list((cache.folder / "media").iterdir()) == []
    local = prepare_there(clips, tmp_path / "store")
    assert signals(local) == signals(prepared)


def test_a_folder_at_a_url_holds_a_manifest(bucket: str, cache: FileCache) -> None:
    put_corpus(bucket, b"a")
    (clip,) = ManifestCorpus(f"{bucket}/").clips()
    assert clip.path == Path(f"{bucket}/audio/0.bin")
    with pytest.raises(InputError, match=r"/audio: no such object, and no manifest.jsonl, .* below it"):
        ManifestCorpus(f"{bucket}/audio").clips()
    with pytest.raises(InputError, match=r"/audio/0.bin: expected a manifest ending in .jsonl"):
        ManifestCorpus(f"{bucket}/audio/0.bin").clips()


def test_a_changed_manifest_is_read_again(bucket: str, cache: FileCache) -> None:
    url = put_corpus(bucket, b"a")
    assert len(ManifestCorpus(url).clips()) == 1
    assert len(ManifestCorpus(put_corpus(bucket, b"a", b"b")).clips()) == 2


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("path", ["../other/0.bin", "/etc/passwd", "memory://other/x", "file:///etc/passwd"])
def test_paths_in_remote_manifests_do_not_escape(
    path: str, lazy: bool, bucket: str, cache: FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LAZY_BYTES", 0 if lazy else 1 << 40)
    url = put_corpus(bucket, b"a", path=path)
    with pytest.raises(InputError, match=r"manifest.jsonl:1: found the path .* expected one that is relative to it"):
        ManifestCorpus(url).clips()


def test_failures_name_urls(bucket: str, cache: FileCache) -> None:
    url = put_corpus(bucket, b"bad", b"good", b"gone")
    clips = ManifestCorpus(url).clips()
    import fsspec

    fsspec.filesystem("memory").rm(f"{bucket}/audio/2.bin")
    prepared = prepare_there(clips, f"{bucket}/store")
    assert [(each.id, each.path, each.reason) for each in prepared.failures] == [
        ("c0", f"{bucket}/audio/0.bin", f"{bucket}/audio/0.bin: it is bad"),
        ("c2", f"{bucket}/audio/2.bin", f"{bucket}/audio/2.bin: no such object"),
    ]


def test_a_manifest_on_disk_may_name_urls(bucket: str, cache: FileCache, tmp_path: Path) -> None:
    put_corpus(bucket, b"a")
    clip = Clip("c", Path(f"{bucket}/audio/0.bin"), text="x")
    write_manifest(tmp_path / "m.jsonl", [clip])
    assert json.loads((tmp_path / "m.jsonl").read_text())["path"] == f"{bucket}/audio/0.bin"
    assert list(read_manifest(tmp_path / "m.jsonl")) == [clip]
    assert signals(prepare_there([clip], tmp_path / "store")) == {"c": b"a"}
    row = {"path": "s3://user:secret@bucket/x.wav"}
    (tmp_path / "m.jsonl").write_text(json.dumps(row))
    with pytest.raises(InputError, match=r"m.jsonl:1: path=s3://\*\*\*@bucket/x.wav: found a user or a password"):
        read_manifest(tmp_path / "m.jsonl")


def test_prepared_clips_need_their_media_no_more(
    bucket: str, cache: FileCache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    clips = []
    for number in range(5):
        (media / f"{number}.bin").write_bytes(b"abc" + bytes([number]))
        clips.append(Clip(f"c{number}", media / f"{number}.bin", text="x", speaker=f"s{number}"))
    prepared = prepare_there(clips, f"{bucket}/store")
    write_manifest(tmp_path / "elsewhere/manifest.jsonl", prepared.clips)
    shutil.rmtree(media)
    with caplog.at_level(logging.WARNING):
        there = ManifestCorpus(str(tmp_path / "elsewhere"), **SETTINGS).clips()
        assert signals(prepare_there(there, f"{bucket}/store")) == signals(prepared)
    assert "do not exist" not in caplog.text
    with pytest.raises(InputError, match="none of the 5 clips can be used"):
        prepare_there(there, tmp_path / "empty store")


def test_other_corpora_are_read_from_a_disk() -> None:
    with pytest.raises(InputError, match=r"corpus.root=s3://bucket/x: found a URL, expected a path on disk"):
        check_root("s3://bucket/x", "recordings")
