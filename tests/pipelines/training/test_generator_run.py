"""A generator is trained by the same command as a recognizer, draws clips, and recognises nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.media import Media

#: `run` of conftest.py.
Run = Callable[..., object]


def write_corpus(folder: Path, clips_per_label: int = 10) -> Path:
    """Write landmark files of a hand that rises or falls, in a folder for each label, by five signers."""
    rng = np.random.default_rng(0)
    hand = np.random.default_rng(1).normal(0, 0.06, (21, 3))
    rows = []
    for label, sign in (("rise", -1), ("fall", 1)):
        for number in range(clips_per_label):
            path = folder / label / f"{number}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            steps = rng.integers(8, 12)
            drift = np.linspace(0, 0.4, steps)[:, None, None] * np.array([0, sign, 0])
            np.save(path, (hand + drift + rng.normal(0, 0.002, (steps, 21, 3)) + 0.5).astype(np.float32))
            rows.append({"path": f"{label}/{number}.npy", "label": label, "speaker": f"signer {number % 5}"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def arguments(corpus: Path, run_dir: Path, *more: str) -> list[str]:
    return [
        "experiment=signs",
        "head=generation",
        "corpus=manifest",
        f"corpus.root={corpus}",
        "corpus.validation_share=0.2",
        "corpus.test_share=0.2",
        "features.num_hands=1",
        "augment=none",
        "head.hidden_size=24",
        "head.components=4",
        "head.mixtures=2",
        "head.style=2",
        "head.input_dropout=0.1",
        "head.dropout=0",
        "optimizer.learning_rate=1e-2",
        "ema_decay=null",
        "batch_size=4",
        "trainer.max_epochs=2",
        "num_workers=0",
        "logger=csv",
        f"store_dir={run_dir.parent / 'store'}",
        f"hydra.run.dir={run_dir}",
        *more,
    ]


def test_train_then_generate_then_read_back(tmp_path: Path, run: Run) -> None:
    corpus, model, out = write_corpus(tmp_path / "corpus"), tmp_path / "run", tmp_path / "out"
    trained = run("train", *arguments(corpus, model, "trainer.max_epochs=60"))
    assert trained.exit_code == 0, trained.stderr
    assert set(trained.result) == {"run_dir", "test/loss", "failed"}
    report = json.loads((model / "report.json").read_text())
    assert report["metrics"] == {"test/loss": trained.result["test/loss"]}
    assert (report["clips"], report["epochs"]) == ({"train": 12, "validation": 4, "test": 4}, 60)
    assert "has no use for optimizer.consistency_weight" in trained.stderr
    assert "pipelines.generate model=" in trained.stderr

    drawn = run("generate", f"model={model}", f"output={out}", "count=4", "seed=1", "formats=[npz]", "temperature=0.5")
    assert drawn.exit_code == 0, drawn.stderr
    assert (drawn.result["clips"], drawn.result["targets"]) == (8, 2)
    extractor = HandKeypoints(num_hands=1, one_side=False)
    for label, sign in (("rise", -1), ("fall", 1)):
        clips = [extractor(Media(path)).values for path in sorted((out / "npz" / label).iterdir())]
        moved = [sign * float(frames[-1, 64] - frames[0, 64]) for frames in clips]
        assert min(moved) > 0
        assert np.mean(moved) > 0.5

    refused = run("classify", f"model={model}", f"inputs={out / 'npz'}", f"output_dir={tmp_path / 'labels'}")
    assert refused.exit_code == 2
    assert "describes a generator, which draws clips and recognises nothing" in refused.stderr
    refused = run("export", f"model={model}")
    assert refused.exit_code == 2
    assert "describes a generator" in refused.stderr


def test_a_resumed_run_ends_with_the_same_weights(tmp_path: Path, run: Run) -> None:
    corpus = write_corpus(tmp_path / "corpus", 5)
    bundles = []
    for name, stops in (("whole", [3]), ("stopped", [2, 3])):
        model = tmp_path / name
        for number, epochs in enumerate(stops):
            more = [f"trainer.max_epochs={epochs}", "optimizer.schedule=constant"]
            more += [f"resume={model}"] if number else []
            assert run("train", *arguments(corpus, model, *more)).exit_code == 0
        bundles.append((model / "bundle/model.safetensors").read_bytes())
    assert bundles[0] == bundles[1]


def test_sounds_are_refused(tmp_path: Path, run: Run) -> None:
    refused = run("train", "head=generation", f"hydra.run.dir={tmp_path / 'run'}", f"store_dir={tmp_path / 'store'}")
    assert refused.exit_code == 2
    assert "head=generation draws hands, but the features are of audio; give features=hand_keypoints" in refused.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["init=hands"], "head=generation has no encoder that could start from another one: leave init out"),
        (["freeze_encoder_epochs=1"], "leave freeze_encoder_epochs out"),
        (["head.mixture=3"], "there is no setting 'head.mixture'; did you mean 'mixtures'"),
        (["head.unit=character"], "has no text"),
        (["augment=speech"], "augment varies audio, but the features are of hands"),
    ],
)
def test_settings_that_do_not_suit_a_generator_are_refused(
    tmp_path: Path, run: Run, more: list[str], message: str
) -> None:
    corpus = write_corpus(tmp_path / "corpus", 5)
    refused = run("train", *arguments(corpus, tmp_path / "run", *more))
    assert refused.exit_code == 2
    assert message in refused.stderr
    assert not (tmp_path / "run").exists()


def test_check_and_find_train_nothing(tmp_path: Path, run: Run) -> None:
    corpus = write_corpus(tmp_path / "corpus", 5)
    checked = run("train", *arguments(corpus, tmp_path / "run", "check=true"))
    assert checked.result == {"check": "ok", "clips": {"train": 6, "validation": 2, "test": 2}}
    found = run("train", *arguments(corpus, tmp_path / "run", "find=learning_rate"))
    assert 1e-6 < found.result["optimizer.learning_rate"] < 0.1
    assert not (tmp_path / "run" / "bundle").exists()
