"""What one recognizer has learned is where another starts."""

import json
import logging
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from data_prep.errors import InputError
from pipelines.training.resume import newest_checkpoint
from pipelines.training.setup import make_data, make_module, set_up_training
from pipelines.training.starting_point import adopt_settings, suggest_starting_point
from recognizers.bundle.weights import load_bundle
from tests.pipelines.cli.test_schema import composed
from tests.pipelines.conftest import quick


def test_encoder_and_shared_symbols_start_as_they_were_learned(tones: Path, tones_run: Path, tmp_path: Path) -> None:
    arguments = [*quick(tones, tmp_path / "run")[:-1], f"init={tones_run}"]
    cfg = adopt_settings(composed(*arguments), [])
    setup = set_up_training(cfg)
    make_module(cfg, setup, make_data(cfg, setup, tmp_path))
    learned = load_bundle(tones_run)
    for own, other in ((setup.encoder, learned.encoder), (setup.head, learned.head)):
        assert own.state_dict().keys() == other.state_dict().keys()
        for name, values in other.state_dict().items():
            torch.testing.assert_close(own.state_dict()[name], values, rtol=0, atol=0)


def test_features_and_encoder_are_those_of_the_starting_point(
    tones: Path, tones_run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recipe = composed(
        "experiment=keywords", "corpus=manifest", f"corpus.root={tones}", f"init={tones_run}", "encoder.dropout=0.4"
    )
    with caplog.at_level(logging.INFO):
        cfg = adopt_settings(recipe, ["experiment=keywords"])
    learned = load_bundle(tones_run).spec
    assert cfg.features == learned.features
    assert cfg.encoder == {**learned.encoder, "dropout": 0.4}
    assert "features.sample_rate_hz 8000 (not 16000)" in caplog.text
    assert "dropout" not in caplog.text


@pytest.mark.parametrize("setting", ["features.sample_rate_hz=16000", "encoder.hidden_size=64"])
def test_a_given_setting_that_does_not_fit_is_refused(setting: str, tones: Path, tones_run: Path) -> None:
    arguments = ["experiment=keywords", "corpus=manifest", f"corpus.root={tones}", f"init={tones_run}", setting]
    with pytest.raises(InputError, match=f"{setting} does not fit init=.*, which was trained with .*leave") as error:
        adopt_settings(composed(*arguments), arguments)
    assert str(tones_run) in str(error.value)


def test_a_starting_point_of_another_modality_is_refused(tones: Path, tones_run: Path) -> None:
    cfg = composed("experiment=signs", "corpus=folder", f"corpus.root={tones}", f"init={tones_run}")
    with pytest.raises(InputError, match="has learned from audio, but the features of this training are of hands"):
        adopt_settings(cfg, [])


def test_a_missing_starting_point_is_refused_before_anything_is_read(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "init=no_such_run"))
    assert ran.exit_code == 2
    assert "init=no_such_run: found no recognizer.json in it; give the directory of a finished" in ran.stderr
    assert not (tmp_path / "run").exists()


def test_the_home_folder_of_a_starting_point_may_be_abbreviated(
    run, tones: Path, tones_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tones_run.parent))
    ran = run("train", *quick(tones, tmp_path / "run", "init=~/tones", "compare_with_scratch=false"))
    assert ran.exit_code == 0, ran.stderr
    assert "init=~/tones: the encoder starts from what was learned there" in ran.stderr


def test_a_run_is_not_named_like_the_recognizer_of_the_package_that_it_starts_from(
    run, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("train", *quick(tones, Path("speech_en"), "init=speech_en"))
    assert ran.exit_code == 2
    assert f"error: speech_en: {tmp_path / 'speech_en'} is the directory of a run without a bundle" in ran.stderr
    assert not Path("speech_en").exists()


def test_a_run_reports_what_the_starting_point_gained(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", f"init={tones_run}", "optimizer.learning_rate=1e-6"))
    assert ran.exit_code == 0, ran.stderr
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert ran.result["test/wer"] == report["metrics"]["test/wer"] < 0.2
    assert ran.result["from_scratch/test/wer"] == report["from_scratch"]["test/wer"] > 0.5
    assert f"with init={tones_run}" in ran.stderr
    assert ran.stderr.count("Recognise files of your own") == 1
    assert json.loads((tmp_path / "run" / "scratch" / "run.json").read_text(encoding="utf-8"))["config"]["init"] is None


def test_the_comparison_can_be_left_out(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", f"init={tones_run}", "compare_with_scratch=false"))
    assert "from_scratch/test/wer" not in ran.result
    assert not (tmp_path / "run" / "scratch").exists()


def test_a_frozen_encoder_stays_as_it_was(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    settings = ["compare_with_scratch=false", f"init={tones_run}", "trainer.max_epochs=2"]
    before = load_file(tones_run / "bundle" / "model.safetensors")
    changed = {}
    for epochs in (1, 2):
        folder = tmp_path / str(epochs)
        assert run("train", *quick(tones, folder, *settings, f"freeze_encoder_epochs={epochs}")).exit_code == 0
        after = load_file(folder / "bundle" / "model.safetensors")
        changed[epochs] = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {1: {"encoder", "head"}, 2: {"head"}}


def test_few_clips_are_advised_to_start_from_what_was_learned(
    tones: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.training.starting_point.starting_points", lambda modality: [f"good_{modality}"])
    cfg = composed(*quick(tones, tmp_path / "run")[:-1])
    setup = set_up_training(cfg)
    with caplog.at_level(logging.INFO):
        suggest_starting_point(cfg, setup.clips)
    assert "training clips are few. With init=good_audio" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO):
        suggest_starting_point(composed(*quick(tones, tmp_path / "run")[:-1], "init=x"), setup.clips)
        suggest_starting_point(cfg, setup.clips * 100)
    assert caplog.text == ""


def test_how_hands_are_found_may_differ(skeletons_run: Path, tmp_path: Path) -> None:
    recipe = composed(
        "experiment=signs",
        "corpus=folder",
        f"corpus.root={tmp_path}",
        f"init={skeletons_run}",
        "features.tracker.upscale=3.0",
        "features.velocity=true",
    )
    cfg = adopt_settings(recipe, ["features.tracker.upscale=3.0"])
    assert cfg.features["tracker"]["upscale"] == 3.0
    learned = load_bundle(skeletons_run).spec.features
    assert {**cfg.features, "tracker": None} == {**learned, "tracker": None}


def test_a_damaged_starting_point_is_found_before_anything_is_prepared(
    run, tones: Path, tones_run: Path, tmp_path: Path
) -> None:
    shutil.copytree(tones_run / "bundle", tmp_path / "bundle")
    (tmp_path / "bundle" / "model.safetensors").unlink()
    ran = run("train", *quick(tones, tmp_path / "run", f"init={tmp_path / 'bundle'}", "check=true"))
    assert ran.exit_code == 2
    assert "model.safetensors: no such file" in ran.stderr


def test_training_for_longer_trains_the_comparison_for_longer(
    run, tones: Path, tones_run: Path, tmp_path: Path
) -> None:
    settings = [f"init={tones_run}", "optimizer.encoder_rate_share=0.5"]
    assert run("train", *quick(tones, tmp_path / "run", *settings)).exit_code == 0
    more = ["trainer.max_epochs=2", f"resume={tmp_path / 'run'}"]
    assert run("train", *quick(tones, tmp_path / "run", *settings, *more)).exit_code == 0
    reports = [json.loads((tmp_path / "run" / part / "report.json").read_text()) for part in ("", "scratch")]
    assert [report["epochs"] for report in reports] == [2, 2]
    assert [each["config"]["optimizer"]["encoder_rate_share"] for each in reports] == [0.5, 1.0]


@pytest.fixture
def moving_start(tones_run: Path, tmp_path: Path) -> Path:
    """A copy of a recognizer that a test may move or remove after a training has started from it."""
    shutil.copytree(tones_run / "bundle", tmp_path / "start")
    return tmp_path / "start"


@pytest.mark.parametrize("later", ["", "init=elsewhere", "init={start}"])
def test_a_run_goes_on_when_its_starting_point_is_gone(
    run, tones: Path, moving_start: Path, tmp_path: Path, later: str
) -> None:
    folder = tmp_path / "run"
    # The recipe has another encoder than the starting point.
    settings = [each for each in quick(tones, folder, "compare_with_scratch=false") if "hidden_size" not in each]
    assert run("train", *settings, f"init={moving_start}").exit_code == 0
    before = torch.load(newest_checkpoint(folder), weights_only=True)
    shutil.rmtree(moving_start)
    more = [f"resume={folder}", "trainer.max_epochs=2", *[later.format(start=moving_start)] * bool(later)]
    ran = run("train", *settings, *more)
    assert ran.exit_code == 0, ran.stderr
    assert ("init=elsewhere is not read: the run started from" in ran.stderr) == (later == "init=elsewhere")
    assert f"resume={folder}: features and encoder are as there: encoder.hidden_size 32 (not 256)" in ran.stderr
    assert "training clips are few" not in ran.stderr
    after = torch.load(newest_checkpoint(folder), weights_only=True)
    assert after["global_step"] == 2 * before["global_step"]
    assert json.loads((folder / "run.json").read_text())["config"]["init"] == str(moving_start)
    ran = run("train", *settings, *more, "encoder.hidden_size=64")
    assert ran.exit_code == 2
    assert f"encoder.hidden_size=64 does not fit resume={folder}, which was trained with 32" in ran.stderr


def test_without_a_checkpoint_the_starting_point_is_needed_again(
    run, tones: Path, moving_start: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    settings = quick(tones, folder, "compare_with_scratch=false")
    assert run("train", *settings, f"init={moving_start}").exit_code == 0
    shutil.rmtree(folder / "checkpoints")
    moved = moving_start.rename(tmp_path / "moved")
    ran = run("train", *settings, f"init={moving_start}", f"resume={folder}")
    assert ran.exit_code == 2
    assert "stopped before its first checkpoint, so it needs its starting point again: init=" in ran.stderr
    assert "If it has moved, give init=PATH" in ran.stderr
    ran = run("train", *settings, f"init={moved}", f"resume={folder}")
    assert ran.exit_code == 0, ran.stderr
    assert f"init={moved}: the encoder starts from what was learned there" in ran.stderr
    assert json.loads((folder / "run.json").read_text())["config"]["init"] == str(moved)


def test_a_run_from_random_weights_cannot_get_a_starting_point_later(run, tones: Path, tones_run: Path) -> None:
    arguments = [*quick(tones, tones_run, "trainer.max_epochs=25"), f"resume={tones_run}", "init=elsewhere"]
    ran = run("train", *arguments)
    assert ran.exit_code == 2
    assert "init was None, is 'elsewhere'" in ran.stderr
