"""Long videos of signs give a label for each sign, and an overlay video shows them."""

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.features.shrec_skeleton import read_shrec_skeleton
from data_prep.media import Media, read_pictures
from data_prep.report.palette import FINGER_COLOURS, FOUND_COLOUR, MISSING_COLOUR
from tests.pipelines.conftest import write_skeletons

RATE_HZ = 30


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Clips (T, 2, 21, 3) in which a hand opens and closes in turn."""
    root = write_skeletons(tmp_path_factory.mktemp("clips"), each=3)
    return [
        read_shrec_skeleton(Media(root / f"{number}.txt"), RATE_HZ).values[:, :, 0].astype(np.float32)
        for number in range(6)
    ]


def classify(run, run_dir: Path, inputs: object, output_dir: Path, *more: str) -> dict[str, dict]:
    given = [f"model={run_dir}", f"inputs={inputs}", f"output_dir={output_dir}", "num_workers=0", *more]
    assert run("classify", *given).exit_code == 0
    lines = (output_dir / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


def joined(clips: list[np.ndarray], pause_s: float) -> np.ndarray:
    nothing = np.zeros((round(pause_s * RATE_HZ), 2, 21, 3), np.float32)
    return np.concatenate([part for clip in clips for part in (nothing, np.nan_to_num(clip))] + [nothing])


def test_each_sign_of_a_long_video_gets_its_label_and_times(run, skeletons_run, clips, tmp_path: Path) -> None:
    for number, clip in enumerate(clips):
        np.save(tmp_path / f"{number}.npy", clip)
    np.save(tmp_path / "long.npy", joined(clips, 1.0))
    found = classify(run, skeletons_run, f"{tmp_path}/*.npy", tmp_path / "out", "formats=[txt,csv]")
    long = found["long.npy"]
    alone = [found[f"{number}.npy"] for number in range(6)]
    assert [sign["label"] for sign in long["labels"]] == [row["label"] for row in alone]
    assert long["label"] == " ".join(row["label"] for row in alone)
    for number, (sign, row) in enumerate(zip(long["labels"], alone, strict=True)):
        begins_s = 1.0 + number * (1.0 + len(clips[0]) / RATE_HZ)
        assert (sign["start_s"], sign["end_s"]) == pytest.approx((begins_s, begins_s + 20 / RATE_HZ), abs=0.05)
        assert sign["scores"] == pytest.approx(row["scores"], abs=2e-4)
        assert row["labels"] == [
            {"label": row["label"], "start_s": 0, "end_s": row["duration_s"]}
            | {name: row[name] for name in ("confidence", "scores")}
        ]
    with open(tmp_path / "out" / "results.csv", encoding="utf-8") as file:
        table = [row for row in csv.DictReader(file) if row["id"] == "long.npy"]
    assert [row["label_1"] for row in table] == [sign["label"] for sign in long["labels"]]
    assert all(float(before["end_s"]) < float(after["start_s"]) for before, after in pairwise(table))
    assert (tmp_path / "out" / "long.txt").read_text().split() == long["label"].split()


def test_a_video_is_taken_whole_up_to_the_limit_or_without_one(run, skeletons_run, clips, tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", joined(clips[:2], 0.5))
    path = tmp_path / "two.npy"
    assert len(classify(run, skeletons_run, path, tmp_path / "a")["two.npy"]["labels"]) == 1
    assert len(classify(run, skeletons_run, path, tmp_path / "b", "whole_up_to_s=2")["two.npy"]["labels"]) == 2
    np.save(path, joined(clips, 0.5))
    assert len(classify(run, skeletons_run, path, tmp_path / "a")["two.npy"]["labels"]) == 6
    [whole] = classify(run, skeletons_run, path, tmp_path / "c", "whole_up_to_s=null")["two.npy"]["labels"]
    assert whole["start_s"] == 0


def test_hands_at_rest_give_no_label(run, skeletons_run, clips, tmp_path: Path) -> None:
    np.save(tmp_path / "rest.npy", np.repeat(np.nan_to_num(clips[0][:1]), 300, axis=0))
    row = classify(run, skeletons_run, tmp_path / "rest.npy", tmp_path / "out", "formats=[txt,csv,video]")["rest.npy"]
    assert (row["label"], row["labels"]) == ("", [])
    assert (tmp_path / "out" / "rest.txt").read_text() == ""


def test_the_overlay_video_is_written_again_if_it_is_missing(run, skeletons_run, clips, tmp_path) -> None:
    np.save(tmp_path / "long.npy", joined(clips, 0.6))
    given = [f"model={skeletons_run}", f"inputs={tmp_path / 'long.npy'}", f"output_dir={tmp_path / 'out'}"]
    assert run("classify", *given, "num_workers=0", "formats=[video]").result["done"] == 1
    video = tmp_path / "out" / "long.signs.mp4"
    times_s = [time_s for time_s, _ in read_pictures(Media(video))]
    assert len(times_s) == len(joined(clips, 0.6))
    assert run("classify", *given, "num_workers=0", "formats=[video]").result["skipped"] == 1
    video.unlink()
    assert run("classify", *given, "num_workers=0", "formats=[video]").result["done"] == 1
    assert video.exists()


def test_pictures_are_written_in_the_formats_that_are_wanted(run, skeletons_run, clips, tmp_path: Path) -> None:
    """Landmarks of six signs, with pauses without a hand."""
    np.save(tmp_path / "long.npy", joined(clips, 0.6))
    given = [f"model={skeletons_run}", f"inputs={tmp_path / 'long.npy'}", f"output_dir={tmp_path / 'out'}"]
    assert run("classify", *given, "num_workers=0", "formats=[GIF,png,webp]").result["done"] == 1
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"long.signs.gif", "long.signs.png", "long.signs.webp"} <= names
    assert not {"long.signs.mp4", "long.txt"} & names
    with (
        Image.open(tmp_path / "out" / "long.signs.png") as png,
        Image.open(tmp_path / "out" / "long.signs.webp") as webp,
    ):
        assert (png.format, webp.format) == ("PNG", "WEBP")
        assert np.array_equal(np.asarray(png.convert("RGB")), np.asarray(webp.convert("RGB")))
        strip = np.asarray(png.convert("RGB")).astype(int)
    for colour in (*FINGER_COLOURS, FOUND_COLOUR, MISSING_COLOUR):
        assert (np.abs(strip - colour).sum(axis=2) < 30).sum() > 20
    with Image.open(tmp_path / "out" / "long.signs.gif") as gif:
        assert gif.n_frames > 10


@pytest.mark.parametrize("kind", ["video", "gif", "png", "webp"])
def test_pictures_of_sound_are_an_error(run, tones, tones_run, tmp_path: Path, kind: str) -> None:
    given = [f"model={tones_run}", f"inputs={tones / '0.wav'}", f"output_dir={tmp_path}", f"formats=[{kind}]"]
    ran = run("transcribe", *given)
    assert ran.exit_code == 2
    assert f"{kind} is for recognizers of signs" in ran.stderr
