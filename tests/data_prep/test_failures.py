import json
from pathlib import Path

from data_prep.failures import Failure, KnownFailures, write_failures

FAILURE = Failure("clip1", "/media/ä.wav", "/media/ä.wav: the file is empty")


def test_failures_are_written_as_json_lines(tmp_path: Path) -> None:
    write_failures(tmp_path / "failures.jsonl", [FAILURE])
    (line,) = (tmp_path / "failures.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {"id": "clip1", "path": "/media/ä.wav", "reason": "/media/ä.wav: the file is empty"}


def test_no_failures_remove_the_file_of_an_earlier_run(tmp_path: Path) -> None:
    write_failures(tmp_path / "failures.jsonl", [FAILURE])
    write_failures(tmp_path / "failures.jsonl", [])
    assert list(tmp_path.iterdir()) == []
    write_failures(tmp_path / "failures.jsonl", [])


def test_added_failures_are_known_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "store" / "failures.jsonl"
    KnownFailures(path).add(FAILURE)
    assert KnownFailures(path).failures == {"clip1": FAILURE}


def test_damaged_lines_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "failures.jsonl"
    path.write_bytes(b'{"id": "a", "path": "b", "reason": "c"}\n\xff\n[]\n{"id": 1\n')
    assert KnownFailures(path).failures == {"a": Failure("a", "b", "c")}
