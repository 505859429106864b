"""Settings are checked before media are read and before a run directory exists."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_prep.errors import InputError
from pipelines.training.early_checks import check_restarts, check_trainer_types
from recognizers.language_model.arpa import write_arpa
from recognizers.language_model.ngram import witten_bell
from tests.pipelines.conftest import quick, write_skeletons, write_tones


@pytest.fixture(scope="module")
def unreadable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus whose media cannot be read, so that an error about settings was found before they were."""
    root = write_tones(tmp_path_factory.mktemp("early") / "tones", clips=12)
    for path in root.glob("*.wav"):
        path.write_bytes(b"no sound")
    return root


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["augment=hands"], "augment varies hands, but the features are of audio; give augment=speech or augment=none"),
        (["trainer.accelerator=tpu"], "trainer: "),
        (["trainer.max_epochs=ten"], "trainer.max_epochs must be a whole number or null; found 'ten'"),
        (["trainer.accumulate_grad_batches=0"], "trainer.accumulate_grad_batches must be at least 1; found 0"),
        (["trainer.max_epoch=10"], "trainer.max_epoch: Lightning's Trainer has no such argument; did you mean"),
        (["augment=speech", "augment.noise_files=no where"], "augment.noise_files=no where: there is no such file or"),
        (["augment=speech", "augment.noise_files=[conf,x]"], "augment.noise_files=conf: "),
        (
            ["augment=speech", "augment.room_share=1", "augment.room_files=no/rooms"],
            "augment.room_files=no/rooms: there",
        ),
        (["encoder.layers=0"], "encoder: layers must be a whole number"),
        (["augment.speed=[2,1]", "augment=speech"], "speed must be [slowest, fastest]"),
        (["head=classification"], "has no label, which this head learns; it has a text: did you mean head=ctc?"),
        (["decoder=beam", "decoder.language_model=none.arpa"], "none.arpa"),
        (["decoder=beam", "decoder.beam_size=0"], "beam_size must be from 1 to 10000"),
        (["corpus.validation_share=0", "optimizer.schedule=plateau"], "schedule=plateau needs validation clips"),
        (["balance=speakr"], "balance=speakr: no training clip has this field; found speaker, text. Give"),
        (["logger=mlflow"], "logger=mlflow needs a package that is not installed: pip install mlflow"),
    ],
)
def test_an_error_in_the_settings_comes_first(
    run, unreadable: Path, tmp_path: Path, settings: list[str], message: str
) -> None:
    ran = run("train", *quick(unreadable, tmp_path / "run", *settings))
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("words", ["ccc cc", "CCC"])
def test_a_language_model_is_read_once_and_held_against_the_texts(
    run, unreadable: Path, tmp_path: Path, words: str
) -> None:
    """Its words are spelled with letters of the corpus, or they are not; either is known before media are read."""
    write_arpa(tmp_path / "lm.arpa", witten_bell([words.split()] * 3, 2))
    settings = ["text.normalize=[lowercase]", "decoder=beam", f"decoder.language_model={tmp_path / 'lm.arpa'}"]
    ran = run("train", *quick(unreadable, tmp_path / "run", *settings, "decoder.lm_weight=0.5", "decoder.word_bonus=1"))
    assert ran.exit_code == 2
    if words.islower():
        assert "none of the 12 clips can be used" in ran.stderr  # the media came next
    else:
        assert "none of the language model's 1 words, such as 'CCC', can be written" in ran.stderr
        assert ran.stderr.count("are not spelled like the recognizer's texts") == 1


def test_hands_are_not_varied_as_speech(run, unreadable: Path, tmp_path: Path) -> None:
    arguments = ["experiment=signs", "augment=speech", "corpus=manifest", f"corpus.root={unreadable}"]
    ran = run("train", *arguments, f"hydra.run.dir={tmp_path / 'run'}")
    assert ran.exit_code == 2
    assert "augment varies audio, but the features are of hands; give augment=hands or augment=none" in ran.stderr


def test_a_frozen_encoder_of_random_weights_is_pointed_out(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    arguments = quick(tones, tmp_path / "run", "check=true", "freeze_encoder_epochs=2")
    message = "freeze_encoder_epochs=2 without init: in these epochs the head learns from an encoder of random weights"
    assert message in run("train", *arguments).stderr
    assert message not in run("train", *arguments, f"init={tones_run}").stderr


def test_a_batch_can_be_overfitted(run, tmp_path: Path) -> None:
    """The Trainer gets the same batches in each epoch."""
    root = write_skeletons(tmp_path / "hands")
    arguments = ["experiment=signs", "corpus=manifest", f"corpus.root={root}", "num_workers=0", "encoder.layers=1"]
    arguments += ["augment=none", "encoder.hidden_size=16", "optimizer.learning_rate=1e-2", "head.label_smoothing=0"]
    arguments += ["trainer.overfit_batches=1", "trainer.max_epochs=30", f"store_dir={tmp_path / 'store'}", "logger=csv"]
    ran = run("train", *arguments, f"hydra.run.dir={tmp_path / 'run'}", "batch_size=4")
    assert ran.exit_code == 0, ran.stderr
    assert json.loads((tmp_path / "run" / "report.json").read_text())["epochs"] == 30
    assert "train loss 0.0" in ran.stderr.splitlines()[[line[:8] for line in ran.stderr.splitlines()].index("epoch 30")]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("max_epochs", 1.5, "a whole number or null"),
        ("max_steps", "many", "a whole number"),
        ("gradient_clip_val", "soft", "a number or null"),
        ("inference_mode", 1, "true or false"),
    ],
)
def test_values_of_another_type_are_refused(name: str, value: Any, expected: str) -> None:
    with pytest.raises(InputError, match=f"trainer.{name} must be {expected}; found {value!r}"):
        check_trainer_types({name: value})


def test_values_that_lightning_takes_are_accepted() -> None:
    accepted = {
        **{"max_epochs": None, "gradient_clip_val": 1, "precision": "bf16-mixed", "devices": "auto"},
        **{"max_time": "00:01:00:00", "profiler": "simple", "unknown": 3, "limit_val_batches": 0.5},
    }
    check_trainer_types(accepted)
    with pytest.raises(InputError, match=r"trainer\.max_steps must be a whole number; found 'many'"):
        check_trainer_types(accepted | {"max_steps": "many"})


def test_a_store_shared_with_restarted_processes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "0")
    monkeypatch.setenv("TORCHELASTIC_USE_AGENT_STORE", "True")
    check_restarts()
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "3")
    with pytest.raises(InputError, match="TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"):
        check_restarts()
    monkeypatch.setenv("TORCHELASTIC_USE_AGENT_STORE", "False")
    check_restarts()
