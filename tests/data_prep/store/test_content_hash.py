import logging
import os
from pathlib import Path

import pytest

import data_prep.store.content_hash
from data_prep.media import Media, MediaError
from data_prep.store.content_hash import ContentHashCache, content_hash, media_key
from tests.data_prep.media.media_files import write_frame_folder

OLD_NS = 1_600_000_000 * 10**9


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that have been hashed."""
    names: list[str] = []

    def noted(path: Path) -> str:
        names.append(path.name)
        return content_hash(path)

    monkeypatch.setattr(data_prep.store.content_hash, "content_hash", noted)
    return names


def files(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(b"%d" % number)
        os.utime(path, ns=(OLD_NS, OLD_NS))
    return paths


def test_a_file_is_read_once_and_again_after_it_has_changed(tmp_path: Path, read: list[str]) -> None:
    paths = files(tmp_path, 100)
    memory = tmp_path / "store" / "hashes.jsonl"
    first = ContentHashCache(memory).lookup(paths)
    assert first == {path: content_hash(path) for path in paths}
    assert sorted(read) == sorted(path.name for path in paths)
    read.clear()
    assert ContentHashCache(memory).lookup([*paths, paths[0]]) == first
    assert read == []
    paths[1].write_bytes(b"longer")
    os.utime(paths[1], ns=(OLD_NS, OLD_NS))
    paths[2].write_bytes(b"x")
    os.utime(paths[2], ns=(OLD_NS, OLD_NS + 1))
    again = ContentHashCache(memory).lookup(paths)
    assert sorted(read) == ["1.wav", "2.wav"]
    assert again == {path: content_hash(path) for path in paths}
    read.clear()
    assert ContentHashCache(memory).lookup(paths) == again
    assert read == []


def test_a_recently_changed_file_is_not_remembered(tmp_path: Path, read: list[str]) -> None:
    path = tmp_path / "new.wav"
    path.write_bytes(b"1")
    for _ in range(2):
        ContentHashCache(tmp_path / "hashes.jsonl").lookup([path])
    assert read == ["new.wav", "new.wav"]


def test_relative_and_absolute_paths_are_the_same_file(
    tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = files(tmp_path, 1)
    ContentHashCache(tmp_path / "hashes.jsonl").lookup([path])
    monkeypatch.chdir(tmp_path)
    assert ContentHashCache(tmp_path / "hashes.jsonl").lookup([Path("0.wav")]) == {Path("0.wav"): content_hash(path)}
    assert read == ["0.wav"]


@pytest.mark.parametrize("damage", [b"", b"\xff\x00garbage\n", b"[1, 2, 3, 4]\n", b"{}\n", b'["/a/b", 1'])
def test_damaged_lines_are_skipped_with_a_warning_and_removed(
    tmp_path: Path, damage: bytes, read: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    paths = files(tmp_path, 3)
    memory = tmp_path / "hashes.jsonl"
    ContentHashCache(memory).lookup(paths[:1])
    memory.write_bytes(memory.read_bytes() + damage)
    read.clear()
    with caplog.at_level(logging.WARNING):
        assert len(ContentHashCache(memory).lookup(paths)) == 3
    assert ("lines are damaged" in caplog.text) == bool(damage)
    assert sorted(read) == ["1.wav", "2.wav"]
    caplog.clear()
    read.clear()
    assert len(ContentHashCache(memory).lookup(paths)) == 3
    assert read == []
    assert caplog.text == ""


def test_outdated_lines_are_removed(tmp_path: Path) -> None:
    paths = files(tmp_path, 1)
    memory = tmp_path / "hashes.jsonl"
    ContentHashCache(memory).lookup(paths)
    memory.write_bytes(1500 * memory.read_bytes())
    paths[0].write_bytes(b"changed")
    os.utime(paths[0], ns=(OLD_NS, OLD_NS))
    ContentHashCache(memory).lookup(paths)
    assert len(memory.read_bytes().splitlines()) == 1


def test_files_are_hashed_even_if_nothing_can_be_remembered(tmp_path: Path) -> None:
    (path,) = files(tmp_path, 1)
    assert ContentHashCache(path / "no folder" / "hashes.jsonl").lookup([path]) == {path: content_hash(path)}


def test_unreadable_files_are_named_in_their_errors(tmp_path: Path) -> None:
    gone, folder = tmp_path / "gone.wav", tmp_path / "folder.wav"
    folder.mkdir()
    results = ContentHashCache(tmp_path / "hashes.jsonl").lookup([gone, folder])
    assert str(results[gone]) == f"{gone}: cannot be read (No such file or directory)"
    assert str(results[folder]).startswith(f"{folder}: a folder without pictures; expected the frames")


def test_a_folder_of_frames_is_hashed_by_its_pictures(tmp_path: Path) -> None:
    one, other = write_frame_folder(tmp_path / "one", 3), write_frame_folder(tmp_path / "other", 3)
    assert content_hash(one) == content_hash(other)
    hashes = ContentHashCache(tmp_path / "hashes.jsonl")
    for path in (other, *other.iterdir()):
        os.utime(path, (1000, 1000))
    before = hashes.lookup([one, other])
    assert before[one] == before[other] == content_hash(one)
    (other / "1.png").write_bytes((other / "2.png").read_bytes())
    assert content_hash(one) != content_hash(other)
    assert ContentHashCache(tmp_path / "hashes.jsonl").lookup([other]) == {other: content_hash(other)}


def key(media: Media) -> str:
    return media_key(media, content_hash(media.path))


def test_a_key_depends_on_content_range_and_encoding_but_not_on_the_name(tmp_path: Path) -> None:
    for name, content in (("a.wav", b"1"), ("b.wav", b"1"), ("c.wav", b"2")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (tmp_path / name for name in ("a.wav", "b.wav", "c.wav"))
    assert key(Media(a)) == key(Media(b))
    different = [Media(a), Media(c), Media(a, 1.0), Media(a, None, 1.0), Media(a, encoding="u8@8000")]
    different += [Media(a, channel=0), Media(a, channel=1), Media(a, audio_stream=1)]
    assert len({key(media) for media in different}) == len(different)


def test_the_content_of_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.wav: cannot be read"):
        content_hash(tmp_path / "gone.wav")
