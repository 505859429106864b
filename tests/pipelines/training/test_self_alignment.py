"""A training aligns its own clips and recombines them, and can be resumed exactly."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipelines.training.resume import newest_checkpoint
from recognizers.inference.aligned_clip import read_alignments
from tests.pipelines.conftest import SMALL_AUDIO, run_command

ROOT = Path(__file__).parents[3]
RECOMBINE = ["augment=speech", "augment.recombine.copies=1", "augment.recombine.from_epoch=1"]


def arguments(root: Path, folder: Path, *more: str, epochs: int = 3) -> list[str]:
    return [
        *("experiment=speech", "corpus=manifest", f"corpus.root={root}"),
        *SMALL_AUDIO,
        *RECOMBINE,
        "encoder.dropout=0.3",
        "ema_decay=0.9",
        "keep_checkpoints=5",
        f"trainer.max_epochs={epochs}",
        f"store_dir={folder / 'store'}",
        *more,
    ]


@pytest.fixture(scope="module")
def trained(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of three epochs, the last two recombined."""
    run_dir = tmp_path_factory.mktemp("recombined") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        settings = arguments(tones, run_dir.parent, f"hydra.run.dir={run_dir}")
        assert run_command(monkeypatch, None, "train", *settings).exit_code == 0
    return run_dir


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    checkpoint = newest_checkpoint(run_dir)
    assert checkpoint is not None
    return torch.load(checkpoint, weights_only=True)["state_dict"]


def assert_equal_weights(first: Path, second: Path) -> None:
    for name, value in weights(first).items():
        assert torch.equal(value, weights(second)[name]), name


def test_the_training_clips_are_aligned_once(trained: Path, tones: Path) -> None:
    [path] = (trained / "alignments").iterdir()
    assert path.name == "epoch=001.jsonl"
    rows = [json.loads(line) for line in (trained / "manifest.jsonl").read_text().splitlines()]
    texts = {row["id"]: row["text"] for row in rows if row["split"] == "train"}
    assert {clip.id: "".join(word.text for word in clip.words) for clip in read_alignments(path)} == texts
    steps = [json.loads(line)["step"] for line in (trained / "history.jsonl").read_text().splitlines()]
    assert steps[0] == -(-2 * len(texts) // 8)  # each clip, and a new sequence in its place
    assert steps == [steps[0], 2 * steps[0], 3 * steps[0]]


@pytest.mark.parametrize("has_alignments", [True, False])
def test_a_resumed_run_trains_on_the_same_sequences(
    run, tones: Path, trained: Path, tmp_path: Path, has_alignments: bool
) -> None:
    # As if the run had been killed after its first epoch, after or before the alignment.
    half = tmp_path / "half"
    shutil.copytree(trained, half)
    first = min((half / "checkpoints").glob("epoch_end_step=*.ckpt"))
    assert torch.load(first, weights_only=True)["epoch"] == 0
    for path in (half / "checkpoints").iterdir():
        if path != first:
            path.unlink()
    (half / "report.json").unlink()
    if not has_alignments:
        shutil.rmtree(half / "alignments")
    ran = run("train", *arguments(tones, trained.parent, f"resume={half}"))
    assert ran.exit_code == 0, ran.stderr
    assert_equal_weights(trained, half)


def test_a_run_without_its_alignments_is_not_resumed(run, tones: Path, trained: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    shutil.copytree(trained, lost)
    shutil.rmtree(lost / "alignments")
    ran = run("train", *arguments(tones, trained.parent, f"resume={lost}", epochs=5))
    assert ran.exit_code == 2
    assert "the alignments of this run are missing" in ran.stderr
    assert "restore them, or start a new run" in ran.stderr


def test_alignments_of_a_file_are_used_from_the_beginning(run, tones: Path, trained: Path, tmp_path: Path) -> None:
    given = trained / "alignments" / "epoch=001.jsonl"
    settings = arguments(tones, trained.parent, f"hydra.run.dir={tmp_path / 'run'}", epochs=1)
    ran = run("train", *settings, f"augment.recombine.alignments={given}", "augment.recombine.from_epoch=null")
    assert ran.exit_code == 0, ran.stderr
    assert read_alignments(tmp_path / "run" / "alignments" / "epoch=000.jsonl") == read_alignments(given)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["augment.recombine.alignments=none.jsonl"], "none.jsonl: no such file of alignments"),
        (["augment.recombine.copies=-1"], "copies must be a whole number"),
        (["head=classification"], "one label a clip; give head=ctc"),
        (["augment.recombine.from_epoch=null", "trainer.max_steps=5", "++trainer.max_epochs=-1"], "which is not set"),
    ],
)
def test_what_cannot_be_recombined_is_refused_early(
    run, tones: Path, tmp_path: Path, settings: list[str], message: str
) -> None:
    ran = run("train", *arguments(tones, tmp_path, f"hydra.run.dir={tmp_path / 'run'}"), *settings)
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert not (tmp_path / "store").exists()


def test_two_processes_align_the_clips_together(tones: Path, tmp_path: Path) -> None:
    settings = arguments(tones, tmp_path, f"hydra.run.dir={tmp_path / 'run'}", "trainer=ddp", "batch_size=4", epochs=2)
    command = [sys.executable, "-m", "pipelines.train", *settings]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    rows = [json.loads(line) for line in (tmp_path / "run" / "manifest.jsonl").read_text().splitlines()]
    training = [row["id"] for row in rows if row["split"] == "train"]
    [path] = (tmp_path / "run" / "alignments").iterdir()
    assert [clip.id for clip in read_alignments(path)] == training
