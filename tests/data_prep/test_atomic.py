import json
import os
import time
from pathlib import Path

import pytest

from data_prep.atomic import STALE_S, atomic_folder, atomic_write, remove_stale_partials, write_json, write_text


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with atomic_write(path) as partial:
        partial.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    def fail() -> None:
        with atomic_write(path) as partial:
            partial.write_text("ha")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_only_old_temporary_files_are_removed(tmp_path: Path) -> None:
    living, dead = f"living.{'a' * 32}.partial", f"dead\n.{'0' * 32}.partial"
    ages_s = dict.fromkeys([dead, "the user's.partial", "dead.safetensors"], STALE_S + 60.0) | {living: 60.0}
    for name, age_s in ages_s.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    remove_stale_partials(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dead.safetensors", living, "the user's.partial"]
    remove_stale_partials(tmp_path, age_s=0.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dead.safetensors", "the user's.partial"]
    remove_stale_partials(tmp_path / "none")


def test_the_longest_possible_name_can_be_written(tmp_path: Path) -> None:
    with atomic_write(tmp_path / ("ü" * 125 + ".wav")) as partial:
        partial.touch()
    assert [len(os.fsencode(path.name)) for path in tmp_path.iterdir()] == [254]


def test_text_is_written_in_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "zwei\nWörter\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "zwei\nWörter\n".encode()
    name = os.fsdecode(b"not\xffutf8")
    write_text(tmp_path / "a.txt", name, errors="surrogateescape")
    assert (tmp_path / "a.txt").read_bytes() == b"not\xffutf8"
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "b.txt", name)
    assert not (tmp_path / "b.txt").exists()


def test_a_document_is_written_as_readable_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "Zoë", "scores": [0.5]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "name": "Zoë",\n')
    assert text.endswith("}\n")
    assert json.loads(text) == {"name": "Zoë", "scores": [0.5]}


def test_a_folder_replaces_the_existing_one(tmp_path: Path) -> None:
    for content in ("old", "new"):
        with atomic_folder(tmp_path / "deeper" / "folder") as partial:
            assert list(partial.iterdir()) == []
            (partial / content).write_text(content)
    assert [path.name for path in (tmp_path / "deeper").iterdir()] == ["folder"]
    assert [path.name for path in (tmp_path / "deeper" / "folder").iterdir()] == ["new"]


def test_an_interrupted_folder_leaves_the_existing_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").touch()
    (tmp_path / "folder.partial").mkdir()
    (tmp_path / "folder.partial" / "rest").touch()  # left by a process that was killed

    def interrupted() -> None:
        with atomic_folder(tmp_path / "folder") as partial:
            assert list(partial.iterdir()) == []
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["folder", "folder/old"]
