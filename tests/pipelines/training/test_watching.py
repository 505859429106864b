"""Watching a training: a line about one validation clip, and pictures of three."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pytorch_lightning.strategies import DDPStrategy, FSDPStrategy, SingleDeviceStrategy
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from data_prep.manifest import Clip
from pipelines.training import watching
from pipelines.training.watching import LINE_COLUMNS, choose_watched, describe_prediction, has_whole_network
from recognizers.inference.line_breaks import columns
from recognizers.prediction import ClipLabel, ClipText
from recognizers.training.targets import TargetClip
from tests.pipelines.conftest import quick, write_skeletons
from tests.pipelines.training.test_run import train_in_subprocess

TAGS = ["watch/clip_1", "watch/clip_2", "watch/clip_3"]


def pictures(run_dir: Path) -> dict[str, list[Any]]:
    """Return the pictures in TensorBoard's event files by tag."""
    events = EventAccumulator(str(run_dir / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    return {tag: events.Images(tag) for tag in events.Tags()["images"]}


def watched_lines(log: str) -> list[str]:
    """Return the lines about a clip; those of train.log begin with a time, which is left out."""
    return re.findall(r"epoch \d+/\d+: .*recognised.*", log)


def test_pictures_reach_tensorboard_and_lines_the_log(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "trainer.max_epochs=4", "watch_every_epochs=1"))
    assert ran.exit_code == 0, ran.stderr
    found = pictures(tmp_path / "run")
    assert sorted(found) == TAGS
    steps = {tag: [event.step for event in events] for tag, events in found.items()}
    assert steps[TAGS[0]][0] == 6
    assert steps[TAGS[0]][-1] == 24
    assert steps[TAGS[0]] == steps[TAGS[1]] == steps[TAGS[2]]
    with Image.open(io.BytesIO(found[TAGS[0]][0].encoded_image_string)) as image:
        assert image.size == (found[TAGS[0]][0].width, found[TAGS[0]][0].height)
        assert np.asarray(image).std() > 10
    lines = watched_lines(ran.stderr)
    assert [line.split(":")[0] for line in lines] == [f"epoch {number}/4" for number in (1, 2, 3, 4)]
    assert len({line.split('"')[1] for line in lines}) == 1  # always the same clip
    assert lines[0] in (tmp_path / "run" / "train.log").read_text(encoding="utf-8")


def test_labels_are_watched_with_their_confidence(run, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "skeletons")
    arguments = ["experiment=signs", "corpus=manifest", f"corpus.root={root}", "encoder.layers=1", "num_workers=0"]
    arguments += ["encoder.hidden_size=16", "trainer.max_epochs=1", f"store_dir={tmp_path / 'store'}"]
    ran = run("train", *arguments, f"hydra.run.dir={tmp_path / 'run'}")
    assert ran.exit_code == 0, ran.stderr
    [line] = watched_lines(ran.stderr)
    assert line.endswith("%)")
    assert sorted(pictures(tmp_path / "run")) == TAGS[:2]  # the corpus has two validation clips


def test_nothing_is_watched_without_validation_clips(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "corpus.validation_share=0"))
    assert ran.exit_code == 0, ran.stderr
    assert not watched_lines(ran.stderr)
    assert not pictures(tmp_path / "run")


def test_switching_it_off_changes_no_weight(run, tones: Path, tmp_path: Path) -> None:
    """Not even with dropout, which draws random numbers in training."""
    for name, setting in (("on", "1"), ("off", "null")):
        settings = ["encoder.dropout=0.3", "trainer.max_epochs=2", f"watch_every_epochs={setting}"]
        ran = run("train", *quick(tones, tmp_path / name, *settings))
        assert (ran.exit_code, len(watched_lines(ran.stderr))) == (0, 2 if name == "on" else 0)
    on, off = (load_file(tmp_path / name / "bundle" / "model.safetensors") for name in ("on", "off"))
    assert all(torch.equal(on[name], off[name]) for name in on)


def test_the_same_clips_are_watched_after_resuming(run, tones: Path, tmp_path: Path) -> None:
    assert run("train", *quick(tones, tmp_path / "run")).exit_code == 0
    more = [f"resume={tmp_path / 'run'}", "trainer.max_epochs=2", "watch_every_epochs=3"]
    arguments = [each for each in quick(tones, tmp_path / "run") if not each.startswith("trainer.max_epochs")]
    ran = run("train", *arguments, *more)
    assert ran.exit_code == 0, ran.stderr
    assert [line.split(":")[0] for line in watched_lines(ran.stderr)] == ["epoch 2/2"]
    assert {tag: len(events) for tag, events in pictures(tmp_path / "run").items()} == dict.fromkeys(TAGS, 2)


def test_a_picture_that_cannot_be_drawn_does_not_end_the_training(
    run, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no font")

    monkeypatch.setattr(watching, "draw_recognized_clip", fail)
    ran = run("train", *quick(tones, tmp_path / "run", "trainer.max_epochs=2"))
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr.count("no more pictures of what is recognised") == 1
    assert len(watched_lines(ran.stderr)) == 2


def test_validations_within_an_epoch_have_lines_too_and_no_pictures_are_needed(
    run, tones: Path, tmp_path: Path
) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "trainer.val_check_interval=0.5", "logger=csv"))
    assert ran.exit_code == 0, ran.stderr
    assert len(watched_lines(ran.stderr)) == 2


def test_the_averaged_weights_are_watched(run, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is about the weights that are validated, so that it agrees with the scores."""
    seen = []
    recognize = watching.recognize

    def spy(trainer, module, clips):
        average = next(each for each in trainer.callbacks if hasattr(each, "_average_model"))._average_model
        # The two are swapped during validation: the module holds the average, and the average the present weights.
        seen.append(torch.equal(module.head.linear.weight, average.module.head.linear.weight))
        assert not module.training
        return recognize(trainer, module, clips)

    monkeypatch.setattr(watching, "recognize", spy)
    assert run("train", *quick(tones, tmp_path / "run", "ema_decay=0.9")).exit_code == 0
    assert seen == [False]


@pytest.mark.slow
def test_two_processes_watch_once(tones: Path, tmp_path: Path) -> None:
    train_in_subprocess(tones, tmp_path / "run", "trainer=ddp", "trainer.max_epochs=2", "logger=tensorboard")
    lines = watched_lines((tmp_path / "run" / "train.log").read_text(encoding="utf-8"))
    assert [line.split(":")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert {tag: len(events) for tag, events in pictures(tmp_path / "run").items()} == dict.fromkeys(TAGS, 2)


def test_only_the_whole_network_is_watched() -> None:
    """The first process would wait for the others for ever if they held a part of the weights."""
    strategies = [SingleDeviceStrategy("cpu"), DDPStrategy(), FSDPStrategy()]
    assert [has_whole_network(SimpleNamespace(strategy=strategy)) for strategy in strategies] == [True, True, False]


class Durations:
    """Prepared clips whose durations are known."""

    def __init__(self, durations_s: dict[str, float]) -> None:
        self.durations_s = durations_s

    def duration_s(self, clip: Clip) -> float:
        return self.durations_s[clip.id]


def entries(durations_s: Sequence[float], texts: Sequence[str]) -> tuple[list[TargetClip], Any]:
    clips = [Clip(f"clip{number}", Path("a.wav"), text=text, split="validation") for number, text in enumerate(texts)]
    made = [TargetClip(clip, (1,) if clip.text else (), 10, 1) for clip in clips]
    return made, Durations({clip.id: duration_s for clip, duration_s in zip(clips, durations_s, strict=True)})


def test_watched_clips_are_short_and_varied_and_do_not_depend_on_the_order() -> None:
    clips, prepared = entries([3, 60, 2, 4, 5, 1], ["a", "long", "b", "b", "b", ""])
    chosen = [entry.clip.id for entry in choose_watched(clips, prepared)]
    assert len(chosen) == 3
    assert {"clip1", "clip5"}.isdisjoint(chosen)
    assert "clip0" in chosen
    assert [entry.clip.id for entry in choose_watched(clips[::-1], prepared)] == chosen


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_or_long_clips_are_watched_anyway(count: int) -> None:
    clips, prepared = entries([600.0] * count, ["a"] * count)
    assert len(choose_watched(clips, prepared)) == count


@pytest.mark.parametrize(
    ("expected", "prediction", "line"),
    [
        ("ten four", ClipText("ten for", 0.9), 'epoch 3/30: "ten four" recognised as "ten for"'),
        ("ten four", ClipText("", 0.9), 'epoch 3/30: nothing recognised of "ten four"'),
        ("yes", ClipLabel("no", 0.41, {}), 'epoch 3/30: "yes" recognised as "no" (41%)'),
        ("سلام", ClipText("سلم", 0.5), 'epoch 3/30: "سلام" recognised as "سلم"'),
        ("a\x1b[2Jb", ClipText("\u202eab", 0.5), 'epoch 3/30: "a\\x1b[2Jb" recognised as "\\u202eab"'),
        (
            "go forward ten meters and then stop at once",
            ClipText("go four ten", 0.9),
            'epoch 3/30: "go forward ten meters and then stop a…" recognised as "go four ten"',
        ),
    ],
)
def test_the_line_says_what_is_recognised(expected: str, prediction: ClipText | ClipLabel, line: str) -> None:
    assert describe_prediction("3/30", expected, prediction) == line


@pytest.mark.parametrize("text", ["word " * 1000, "日本語" * 100, "a\u0301" * 1000, "\x00" * 100])
def test_the_line_fits_a_terminal(text: str) -> None:
    for prediction in (ClipText(text, 1.0), ClipText("", 1.0), ClipLabel(text, 1.0, {}), ClipText("short", 1.0)):
        assert columns(describe_prediction("100/100", text, prediction)) <= LINE_COLUMNS
