"""Manifests that people already have are read as they are; each line below is as its tool writes it."""

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.media.video_writing import write_video
from tests.data_prep.corpora.conftest import by_id, touch, write


def clips_of(root: Path, **columns: str) -> dict[str, Clip]:
    return by_id(ManifestCorpus(str(root), columns=columns, validation_share=0, test_share=0).clips())


KALDI = {
    "data/train/wav.scp": "rec1 wav/one.wav\nrec2\t/{root}/wav/two.wav\n",
    "data/train/segments": "ann-1 rec1 0.5 1.25\nann-2 rec1 2.0 -1\nbob-1 rec2 0 1.5\n",
    "data/train/text": "ann-1 HELLO  THERE\nann-2 BYE\nbob-1 GRÜSSE\n",
    "data/train/utt2spk": "ann-1 ann\nann-2 ann\nbob-1 bob\n",
}


def write_kaldi(root: Path, **changed: str) -> Path:
    files = KALDI | {f"data/train/{name.replace('_', '.')}": content for name, content in changed.items()}
    write(root, {name: content.replace("/{root}", str(root)) for name, content in files.items()})
    touch(root, "wav/one.wav", "wav/two.wav")
    return root / "data/train"


def test_a_kaldi_directory(tmp_path: Path) -> None:
    clips = clips_of(write_kaldi(tmp_path))
    assert clips == clips_of(tmp_path / "data/train/wav.scp")
    assert clips["ann-1"] == Clip(
        "ann-1", tmp_path / "wav/one.wav", 0.5, 1.25, "HELLO  THERE", speaker="ann", split="train"
    )
    assert (clips["ann-2"].start_s, clips["ann-2"].end_s) == (2.0, None)
    assert (clips["bob-1"].path, clips["bob-1"].text) == (tmp_path / "wav/two.wav", "GRÜSSE")


def test_a_kaldi_directory_without_segments(tmp_path: Path) -> None:
    folder = write_kaldi(tmp_path, text="rec1 HELLO\nrec2 BYE\n", utt2spk="rec1 ann\n")
    (folder / "segments").unlink()
    clips = clips_of(folder, label="text")
    assert [(clip.start_s, clip.label, clip.text, clip.speaker) for clip in clips.values()] == [
        (None, "HELLO", None, "ann"),
        (None, "BYE", None, None),
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"wav_scp": "rec1 sph2pipe -f wav one.sph |\nrec2 wav/two.wav\n"}, r"wav\.scp:1: found the command 'sph2pipe"),
        ({"wav_scp": "rec1 one.ark:123\nrec2 wav/two.wav\n"}, r"wav\.scp:1: found a part of the archive"),
        ({"wav_scp": "rec1 wav/one.wav\n"}, r"segments:3: the recording 'rec2' is not in .*wav\.scp"),
        ({"text": "ann-1 HELLO\nann-2 BYE\n"}, r"segments:3: the utterance 'bob-1' has no line in .*text"),
        ({"text": KALDI["data/train/text"] + "eve-1 X\n"}, r"text:4: the utterance 'eve-1' is not in .*segments"),
        ({"text": "ann-1 HELLO\nann-2\nbob-1 X\n"}, r"text:2: 'text' is empty"),
        ({"text": "ann-1 A\nann-1 B\nann-2 X\nbob-1 X\n"}, r"text:2: 'ann-1' has a line already, .*text:1"),
        ({"segments": "ann-1 rec1 0.5\n"}, r"segments:1: found 'rec1 0\.5' after the utterance"),
        ({"segments": "ann-1 rec1 0.5 soon\nann-2 rec1 1 2\nbob-1 rec2 1 2\n"}, r"segments:1: found the times"),
    ],
)
def test_a_wrong_kaldi_directory_is_refused_with_the_line(tmp_path: Path, changed: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        clips_of(write_kaldi(tmp_path, **changed))


def test_kaldi_directories_named_like_splits_are_splits(tmp_path: Path) -> None:
    write_kaldi(tmp_path)
    dev = {"data/dev/wav.scp": "rec3 wav/one.wav\n", "data/dev/text": "rec3 X\n"}
    write(tmp_path, dev)
    assert {clip.split for clip in clips_of(tmp_path / "data").values()} == {"train", "validation"}


RECORDING = {
    "id": "a",
    "sources": [{"type": "file", "channels": [0, 1], "source": "wav/a.wav"}],
    "sampling_rate": 16000,
    "num_samples": 48000,
    "duration": 3.0,
}
SUPERVISIONS = [
    {"id": "s1", "recording_id": "a", "start": 0.5, "duration": 1.0, "channel": 1, "text": "one", "speaker": "ann"},
    {"id": "s2", "recording_id": "a", "start": 1.6, "duration": 0.1, "channel": 0, "text": "two", "language": "en"},
]
CUT = {"id": "c1", "start": 1.0, "duration": 2.0, "channel": 0, "recording": RECORDING, "type": "MonoCut"}


def test_lhotse_cuts(tmp_path: Path) -> None:
    """The times of a supervision count from the start of its cut; paths start from where the recipe ran."""
    touch(tmp_path, "wav/a.wav")
    cuts = [CUT | {"supervisions": SUPERVISIONS}]
    whole = {"id": "s", "start": 0, "duration": 3.0, "channel": [0, 1], "text": "all"}
    cuts.append(CUT | {"id": "c2", "start": 0, "type": "MultiCut", "channel": [0, 1], "supervisions": [whole]})
    (tmp_path / "fbank").mkdir()
    path = tmp_path / "fbank" / "cuts_train.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(cut) + "\n" for cut in cuts).encode()))
    clips = clips_of(path)
    assert clips == clips_of(path.parent)
    assert clips["s1"] == Clip("s1", tmp_path / "wav/a.wav", 1.5, 2.5, "one", speaker="ann", split="train", channel=1)
    assert (clips["s2"].start_s, clips["s2"].end_s, clips["s2"].extra) == (2.6, 2.7, {"language": "en"})
    assert (clips["c2"].start_s, clips["c2"].end_s, clips["c2"].channel) == (None, None, None)


def test_lhotse_supervisions_next_to_their_recordings(tmp_path: Path) -> None:
    touch(tmp_path, "wav/a.wav")
    (tmp_path / "x_recordings_dev.jsonl").write_text(json.dumps(RECORDING) + "\n")
    (tmp_path / "x_supervisions_dev.jsonl").write_text("".join(json.dumps(each) + "\n" for each in SUPERVISIONS))
    clips = clips_of(tmp_path / "x_supervisions_dev.jsonl")
    assert [(clip.id, clip.start_s, clip.end_s) for clip in clips.values()] == [("s1", 0.5, 1.5), ("s2", 1.6, 1.7)]
    (tmp_path / "x_recordings_dev.jsonl").unlink()
    with pytest.raises(InputError, match="holds supervisions without their recordings"):
        clips_of(tmp_path / "x_supervisions_dev.jsonl")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"type": "MixedCut", "tracks": []}, "found a MixedCut"),
        ({"recording": None}, "the cut 'c1' has no recording"),
        (
            {"recording": RECORDING | {"sources": [{"type": "command", "channels": [0], "source": "x |"}]}},
            "in the sources",
        ),
        ({"recording": {}}, "has no recording"),
        ({"duration": "long", "supervisions": []}, "not a cut of lhotse as expected"),
    ],
)
def test_a_wrong_cut_is_refused_with_the_line(tmp_path: Path, changed: Any, message: str) -> None:
    cut = CUT | {"supervisions": SUPERVISIONS[1:]} | changed
    write(tmp_path, {"cuts.jsonl": json.dumps(cut) + "\n"})
    with pytest.raises(InputError, match=rf"cuts\.jsonl:1: .*{message}"):
        clips_of(tmp_path)


def test_asl_citizen(tmp_path: Path) -> None:
    header = "Participant ID,Video file,Gloss,ASL-LEX Code\n"
    write(tmp_path, {f"splits/{name}.csv": f"{header}P1,{name}.mp4,DOG1,C_1\n" for name in ("train", "val", "test")})
    touch(tmp_path, "videos/train.mp4", "videos/val.mp4", "videos/test.mp4")
    clips = clips_of(tmp_path)
    assert clips["val"] == Clip(
        "val",
        tmp_path / "videos/val.mp4",
        label="DOG1",
        speaker="P1",
        split="validation",
        extra={"ASL-LEX Code": "C_1"},
    )
    assert clips.keys() == clips_of(tmp_path / "splits").keys() == {"train", "val", "test"}


def wlasl(**changed: Any) -> str:
    instance = {"bbox": [1, 2, 3, 4], "fps": 25, "frame_end": -1, "frame_start": 1, "instance_id": 0, "signer_id": 118}
    instance |= {"source": "x", "split": "val", "url": "https://x", "variation_id": 0, "video_id": "00381"}
    return json.dumps([{"gloss": "book", "instances": [instance | changed]}])


def test_wlasl(tmp_path: Path) -> None:
    write(tmp_path, {"WLASL_v0.3.json": wlasl()})
    touch(tmp_path, "videos/00381.mp4")
    (clip,) = clips_of(tmp_path).values()
    assert (clip.id, clip.label, clip.speaker, clip.split) == ("00381", "book", "118", "validation")
    assert (clip.path, clip.start_s, clip.end_s) == (tmp_path / "videos/00381.mp4", None, None)
    assert clip.extra["bbox"] == [1, 2, 3, 4]


@pytest.mark.parametrize(("seconds", "expected"), [(4, (0.4, 2.0)), (1.6, (None, None))])
def test_the_frames_of_wlasl_are_a_span_unless_the_video_was_cut_already(
    tmp_path: Path, seconds: float, expected: Any
) -> None:
    """Frames count from 1; the data set's own script cuts videos to their frames."""
    (tmp_path / "videos").mkdir()
    pictures = ((number / 25, np.zeros((32, 32, 3), np.uint8)) for number in range(round(seconds * 25)))
    write_video(tmp_path / "videos/00381.mp4", pictures, 25)
    write(tmp_path, {"WLASL_v0.3.json": wlasl(frame_start=11, frame_end=50)})
    (clip,) = clips_of(tmp_path).values()
    assert (clip.start_s, clip.end_s) == expected


@pytest.mark.parametrize("content", ['[{"gloss": "book", "instances": [{"split": "train"}]}]', "[1]", "[{]"])
def test_a_wrong_list_is_refused(tmp_path: Path, content: str) -> None:
    write(tmp_path, {"WLASL_v0.3.json": content})
    with pytest.raises(InputError, match=r"WLASL_v0\.3\.json: (entry 1|not valid JSON)"):
        clips_of(tmp_path)


def test_nemo_manifests_named_like_splits(tmp_path: Path) -> None:
    row = {"audio_filepath": "wav/a.wav", "duration": 2.5, "offset": 1.0, "text": "x"}
    files = {f"{name}_manifest.json": json.dumps(row | {"text": name}) + "\n" for name in ("train", "dev")}
    row["audio_filepath"] = "wav/b.wav"
    files["dev_manifest.json"] = json.dumps(row) + "\n"
    write(tmp_path, files)
    touch(tmp_path, "wav/a.wav", "wav/b.wav")
    clips = clips_of(tmp_path)
    assert clips["wav/b@1.0"] == Clip("wav/b@1.0", tmp_path / "wav/b.wav", 1.0, 3.5, "x", split="validation")
    assert clips["wav/a@1.0"].split == "train"


def test_common_voice_with_its_splits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    header = "client_id\tpath\tsentence_id\tsentence\tup_votes\tage\tlocale\n"
    files = {
        f"{name}.tsv": f'{header}s{name}\t{name}.mp3\t1\t"Oh!" {name}\t2\t\tde\n' for name in ("train", "dev", "other")
    }
    write(tmp_path, files)
    touch(tmp_path, "clips/train.mp3", "clips/dev.mp3", "clips/other.mp3")
    with caplog.at_level(logging.INFO):
        clips = clips_of(tmp_path)
    assert "read as splits: dev.tsv (validation), train.tsv (train)" in caplog.text
    assert {clip.path.name: (clip.split, clip.text, clip.speaker) for clip in clips.values()} == {
        "train.mp3": ("train", '"Oh!" train', "strain"),
        "dev.mp3": ("validation", '"Oh!" dev', "sdev"),
    }


@pytest.mark.parametrize("field", ["transcription", "label"])
def test_audiofolder(tmp_path: Path, field: str) -> None:
    """The same names in two splits are different clips."""
    write(tmp_path, {f"{name}/metadata.csv": f"file_name,{field}\na.wav,{name}\n" for name in ("train", "test")})
    touch(tmp_path, "train/a.wav", "test/a.wav")
    clips = clips_of(tmp_path)
    assert {(clip.id, clip.split, clip.text or clip.label) for clip in clips.values()} == {
        ("train/a", "train", "train"),
        ("test/a", "test", "test"),
    }
    assert [clip.id for clip in clips_of(tmp_path / "train").values()] == ["a"]


def test_a_folder_with_several_possible_manifests_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "path,text\n", "b.csv": "path,text\n"})
    with pytest.raises(InputError, match=r"several files that could be the manifest \(a\.csv, b\.csv"):
        clips_of(tmp_path)
