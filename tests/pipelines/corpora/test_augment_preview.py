"""The preview of augmented clips."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from omegaconf import OmegaConf

from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from data_prep.manifest import read_manifest
from data_prep.prepare import prepare
from pipelines.cli.command import CONF_DIR
from recognizers.instantiate import instantiate
from recognizers.training.datamodule import ClipDataset
from recognizers.training.targets import TargetClip
from tests.pipelines.conftest import RATE_HZ, write_skeletons, write_tones

VARIED: dict[str, Any] = {"noise_share": 0.5, "room_share": 0.5, "pitch": [0.9, 1.1], "pad_share": 0.2}


def arguments(root: Path, tmp_path: Path, *more: str, varied: bool = True) -> list[str]:
    settings = [f"augment.{name}={value}".replace(" ", "") for name, value in VARIED.items()] if varied else []
    return [
        *("corpus=manifest", f"corpus.root={root}", "features.sample_rate_hz=8000", "num_workers=0", "pictures=0"),
        *(f"store_dir={tmp_path / 'store'}", f"output_dir={tmp_path / 'out'}"),
        *settings,
        *more,
    ]


def read_table(folder: Path) -> list[dict[str, str]]:
    with open(folder / "index.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_preview_is_what_the_first_epoch_of_a_training_hears(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=20)
    ran = run("prepare", *arguments(root, tmp_path, "augment_preview=8", "seed=5"))
    assert ran.exit_code == 0
    folder = tmp_path / "out" / "augment_preview"
    assert ran.result["augment_preview"] == str(folder / "index.html")
    rows = read_table(folder)
    assert len(rows) == 8
    clips = {clip.id: clip for clip in read_manifest(tmp_path / "out" / "manifest.jsonl")}
    extractor = Mfcc(sample_rate_hz=RATE_HZ)
    prepared = prepare(list(clips.values()), extractor, tmp_path / "store", 0)
    chosen = OmegaConf.load(CONF_DIR / "augment" / "speech.yaml")
    augment = instantiate({**chosen, **VARIED, "time_masks": 0, "feature_masks": 0})  # masks cannot be heard
    for row in rows:
        clip = clips[row["clip"]]
        assert clip.split == "train"
        assert row["target"] == clip.text
        original, rate_hz = soundfile.read(folder / row["original"], dtype="int16")
        np.testing.assert_array_equal(original, prepared.signal(clip).values)
        assert rate_hz == RATE_HZ
        varied, _ = soundfile.read(folder / row["augmented"], dtype="int16")
        dataset = ClipDataset([TargetClip(clip, (), 0, 1)], prepared, extractor, augment, seed=5)
        trained = dataset[0, 0, 0][0].frames
        np.testing.assert_allclose(extractor.frames(Signal(varied, RATE_HZ)).values, trained, atol=1e-4)


def test_files_are_named_for_clip_and_variation(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=20)
    noise = tmp_path / "Küche & Bad.wav"
    soundfile.write(noise, 0.1 * np.random.default_rng(0).standard_normal(4000), RATE_HZ)
    more = ["augment_preview=30", f"augment.noise_files={noise}", "augment.channel_db=6", "augment.band_masks=1"]
    ran = run("prepare", *arguments(root, tmp_path, *more))
    assert ran.exit_code == 0
    folder = tmp_path / "out" / "augment_preview"
    rows = read_table(folder)
    assert len(rows) == 30  # more than there are clips, which are then varied again
    assert len({row["clip"] for row in rows}) < 20
    assert {path.name for path in folder.iterdir()} == {"index.csv", "index.html"} | {
        row[kind] for row in rows for kind in ("original", "augmented")
    }
    for number, row in enumerate(rows, 1):
        assert row["original"] == f"{number:02d}_{row['clip']}_original.wav"
        assert row["augmented"].startswith(f"{number:02d}_{row['clip']}_speed-{row['speed']}_pitch-{row['pitch']}_")
        assert row["augmented"].isascii()
        assert row["channel"].endswith("dB")
        assert row["bands"].endswith("Hz")
        assert ("_room-" in row["augmented"]) == bool(row["room"])
    assert any(row["noise"].startswith("Küche & Bad at ") for row in rows)
    assert any("noise-K-che-Bad-at-" in row["augmented"] for row in rows)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<audio") == 60
    assert "noise: Küche &amp; Bad at " in page
    assert "<td>augment.noise_share</td>" in page


def test_the_settings_of_an_experiment_are_heard(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=12)
    more = ["experiment=an4", *arguments(root, tmp_path, "augment_preview=2")]
    assert run("prepare", *more).exit_code == 0
    rows = read_table(tmp_path / "out" / "augment_preview")
    assert all(row["bands"].endswith("Hz") for row in rows)  # experiment=an4 hides bands
    assert run("prepare", *more, "augment.wordless_share=1").exit_code == 0
    rows = read_table(tmp_path / "out" / "augment_preview")
    assert {row["words"] for row in rows} == {"replaced by sound without words"}
    more[0] = "experiment=keywords"  # which learns labels, and no clip is without one
    assert run("prepare", *more, "augment.wordless_share=1").exit_code == 0
    assert all("words" not in row for row in read_table(tmp_path / "out" / "augment_preview"))


def test_an_earlier_preview_is_replaced_and_other_files_are_kept(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=12)
    folder = tmp_path / "out" / "augment_preview"
    assert run("prepare", *arguments(root, tmp_path, "augment_preview=5")).exit_code == 0
    first = sorted(folder.iterdir())
    assert run("prepare", *arguments(root, tmp_path, "augment_preview=3", "seed=1")).exit_code == 0
    assert len(list(folder.iterdir())) == 2 + 2 * 3
    assert sorted(folder.iterdir()) != first
    (folder / "my notes.txt").write_text("number 2 is too loud")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    ran = run("prepare", *arguments(root, tmp_path, "augment_preview=3"))
    assert ran.exit_code == 2
    assert "my notes.txt: would be removed, but no earlier preview wrote it; move it away" in ran.stderr
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_of_the_users_own_is_kept(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=12)
    folder = tmp_path / "out" / "augment_preview"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("mine")
    ran = run("prepare", *arguments(root, tmp_path, "augment_preview=3"))
    assert ran.exit_code == 2
    assert "index.html: would be removed" in ran.stderr
    assert (folder / "index.html").read_text() == "mine"
    assert not (tmp_path / "store").exists()  # nothing was prepared


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["augment=none"], "augment_preview needs variations of sound; give augment=speech"),
        (["augment=hands"], "augment_preview needs variations of sound; give augment=speech"),
        (["augment_preview=-1"], "augment_preview must be at least 0; found -1"),
        (["augment.noise_files=no where"], "augment.noise_files=no where: there is no such file or folder"),
        (["augment.pitch=[2,1]"], "augment: pitch must be [lowest, highest]"),
    ],
)
def test_settings_are_checked_before_media_are_read(run, tmp_path: Path, settings: list[str], message: str) -> None:
    root = write_tones(tmp_path / "tones", clips=3)
    ran = run("prepare", *arguments(root, tmp_path, "augment_preview=2", *settings, varied=False))
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "store").exists()


def test_hands_cannot_be_listened_to(run, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "skeletons", each=5)
    more = ["corpus=manifest", f"corpus.root={root}", f"output_dir={tmp_path / 'out'}", "num_workers=0"]
    ran = run("prepare", "experiment=signs", *more, "augment_preview=3")
    assert ran.exit_code == 2
    assert "augment_preview writes sound to listen to, but the features are of hands; leave it out" in ran.stderr
    ran = run("prepare", "experiment=signs", *more, f"store_dir={tmp_path / 'store'}")  # without a preview
    assert ran.exit_code == 0
