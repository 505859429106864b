"""Files, folders and globs given as ``inputs=`` are found, with their encodings."""

from pathlib import Path

import pytest

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from pipelines.inference.inputs import ReadingSettings, find_inputs


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    touch(
        tmp_path, "ann/1.jpg", "ann/2.jpg", "bob.v1/a.png", "bob.v2/b.png", "bob.v2/.b.png", "c.mp4", "d.npz", "e.pose"
    )
    touch(tmp_path, "f.parquet", "notes.txt", "sound.wav", "deep/g.npy")
    return tmp_path


def found(inputs: str | list[str], encoding: str | None = None) -> dict[str, tuple[str, str | None]]:
    """Output and encoding of each input, by its id."""
    items, failures = find_inputs(inputs, HandKeypoints.suffixes, ReadingSettings(encoding))
    assert not failures
    return {item.id: (item.output.as_posix(), item.media.encoding) for item in items}


def test_pictures_are_photos_unless_frames_are_asked_for(clips: Path) -> None:
    files = {"c.mp4", "d.npz", "e.pose", "f.parquet", "deep/g.npy"}
    photos = {"ann/1.jpg", "ann/2.jpg", "bob.v1/a.png", "bob.v2/b.png"}
    assert set(found(str(clips))) == files | photos
    folders = found(str(clips), "frames@30")
    assert set(folders) == files | {"ann", "bob.v1", "bob.v2"}
    assert folders["ann"] == ("ann", "frames@30")
    assert folders["bob.v1"] == ("bob.v1", "frames@30")
    assert folders["c.mp4"] == ("c", None)


@pytest.mark.parametrize("inputs", ["{}/ann", "{}/an*"])
def test_a_folder_of_frames_can_be_given_itself(clips: Path, inputs: str) -> None:
    assert found(inputs.format(clips), "frames@30") == {"ann": ("ann", "frames@30")}


def test_only_landmark_files_get_the_rate_of_landmarks(clips: Path) -> None:
    encodings = {name: encoding for name, (_, encoding) in found(str(clips), "landmarks@15").items()}
    tracked = {"d.npz", "e.pose", "f.parquet", "deep/g.npy"}
    assert all(encoding == ("landmarks@15" if name in tracked else None) for name, encoding in encodings.items())


def test_a_recognizer_of_sound_ignores_pictures(clips: Path) -> None:
    items, _ = find_inputs(str(clips), Mfcc.suffixes, ReadingSettings("frames@30"))
    assert {item.id for item in items} == {"c.mp4", "sound.wav"}


def test_a_row_of_a_manifest_goes_before_the_settings(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav")
    (tmp_path / "m.jsonl").write_text('{"path": "a.wav", "channel": 1}\n{"path": "b.wav", "audio_stream": 2}\n')
    settings = ReadingSettings(channel=0, audio_stream=1)
    a, b = find_inputs([str(tmp_path / "m.jsonl")], Mfcc.suffixes, settings)[0]
    assert (a.media.channel, a.media.audio_stream) == (1, 1)
    assert (b.media.channel, b.media.audio_stream) == (0, 2)
    (c,) = find_inputs([str(tmp_path / "a.wav")], Mfcc.suffixes, settings)[0]
    assert (c.media.channel, c.media.audio_stream) == (0, 1)


def test_a_missing_file_of_a_manifest_leaves_the_others(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "c.wav")
    (tmp_path / "m.jsonl").write_text('{"path": "a.wav"}\n{"path": "gone.wav"}\n{"path": "c.wav"}\n')
    items, failures = find_inputs([str(tmp_path / "m.jsonl"), str(tmp_path / "no.jsonl")], Mfcc.suffixes)
    assert [item.id for item in items] == ["a", "gone", "c"]  # reading "gone" fails, and that is reported
    assert [failure.id for failure in failures] == [str(tmp_path / "no.jsonl")]
