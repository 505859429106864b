"""Finding, checking and holding sound files."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.errors import InputError
from data_prep.media import read_audio
from recognizers.augment import sound_files
from recognizers.augment.sound_files import find_sound_files, read_sound_file

SETTING = "augment.noise_files"


def write_noise(path: Path, duration_s: float = 0.5, rate_hz: int = 8000, level: float = 0.1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = level * np.random.default_rng(len(path.name)).standard_normal(round(duration_s * rate_hz))
    soundfile.write(path, np.clip(samples, -1, 1), rate_hz)
    return path


def test_folders_files_globs_and_lists_name_files(tmp_path: Path) -> None:
    wav = write_noise(tmp_path / "in" / "a.wav")
    flac = write_noise(tmp_path / "in" / "deeper" / "b.flac")
    other = write_noise(tmp_path / "c.ogg")
    (tmp_path / "in" / "notes.txt").write_text("kitchen")
    write_noise(tmp_path / "in" / ".hidden" / "d.wav")
    assert find_sound_files(str(tmp_path / "in"), SETTING) == (wav, flac)
    assert find_sound_files(str(other), SETTING) == (other,)
    assert find_sound_files(str(tmp_path / "**" / "*.flac"), SETTING) == (flac,)
    assert find_sound_files((str(other), str(tmp_path / "in"), str(wav)), SETTING) == tuple(sorted((wav, flac, other)))


def test_what_is_not_there_is_refused_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "notes.txt").write_text("kitchen")
    for name, found in (
        ("empty", "the folder is empty"),
        ("text", "none of the 1 files in this folder is a sound file"),
        ("none", "there is no such file or folder"),
        ("*.flac", "there is no such file or folder"),
    ):
        with pytest.raises(InputError, match=found) as caught:
            find_sound_files(str(tmp_path / name), SETTING)
        assert str(caught.value).startswith(f"{SETTING}={tmp_path / name}: ")
        assert ".flac" in str(caught.value)  # what is expected
    with pytest.raises(InputError, match="the list is empty"):
        find_sound_files((), SETTING)


def test_broken_and_silent_files_are_refused_by_name(tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"no sound")
    with pytest.raises(InputError, match=rf"^{SETTING}: {tmp_path / 'b.wav'}: .*; remove the file, or replace it"):
        find_sound_files(str(tmp_path), SETTING)
    write_noise(tmp_path / "b.wav", level=0)
    with pytest.raises(InputError, match=r"b\.wav holds nothing but silence; remove it"):
        find_sound_files(str(tmp_path), SETTING)


def test_a_file_is_decoded_once_as_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_noise(tmp_path / "a.wav", rate_hz=11025)
    find_sound_files(str(path), SETTING)
    stored, _ = soundfile.read(path, dtype="int16")
    monkeypatch.setattr(sound_files, "read_audio", None)  # calling it would fail
    samples, rate_hz = read_sound_file(path)
    np.testing.assert_array_equal(samples, stored)
    assert rate_hz == 11025
    with pytest.raises(ValueError, match="read-only"):
        samples[0] = 1


@pytest.mark.parametrize("small_bytes", [0, 1 << 20])
def test_only_the_beginning_of_a_long_file_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_bytes: int
) -> None:
    monkeypatch.setattr(sound_files, "SMALL_FILE_BYTES", small_bytes)
    monkeypatch.setattr(sound_files, "MAX_FILE_S", 2.0)
    path, short = write_noise(tmp_path / "long.wav", 5.0), write_noise(tmp_path / "s.wav", 0.5)
    samples, _ = read_sound_file(path)
    np.testing.assert_array_equal(samples, soundfile.read(path, dtype="int16")[0][:16000])
    assert samples.base is None  # not a view of the whole recording
    assert len(read_sound_file(short)[0]) == 4000


def test_the_files_in_memory_stay_within_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_files, "MAX_HELD_BYTES", 20_000)  # two files of 8,000 bytes
    read: list[tuple[str, float | None]] = []

    def counting(media, dtype):
        read.append((media.path.name, media.end_s))
        return read_audio(media, dtype)

    monkeypatch.setattr(sound_files, "read_audio", counting)
    paths = [write_noise(tmp_path / f"{name}.wav") for name in "abcd"]
    find_sound_files(str(tmp_path), SETTING)
    # The first ones are read whole, and of the others the beginning, which says whether they can be read.
    assert read == [("a.wav", None), ("b.wav", None), ("c.wav", 0.1), ("d.wav", 0.1)]
    for path in (paths[2], paths[0], paths[2], paths[3]):
        read_sound_file(path)
        held = [each for each in paths if each in sound_files._held]
        assert sound_files._held.num_bytes == 8000 * len(held) <= 20_000
    assert read[4:] == [("c.wav", None), ("a.wav", None), ("d.wav", None)]


def test_a_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_noise(tmp_path / "noise" / "a.wav")
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    monkeypatch.setenv("USERPROFILE", os.fspath(tmp_path))
    assert find_sound_files("~/noise", SETTING) == (path,)
