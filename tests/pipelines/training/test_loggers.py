"""Loggers of training curves."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pytorch_lightning.loggers import CSVLogger, MLFlowLogger, WandbLogger

from data_prep.errors import InputError
from pipelines.training.loggers import build_logger, log_picture, shows_pictures
from tests.pipelines.conftest import quick

#: A stand-in for the package wandb: a process has one run at a time, to which everything is logged.
FAKE_WANDB = """
run, runs = None, []

class Run:
    def __init__(self, name):
        self.name, self.logged, self.exit_code = name, [], None

    def log(self, metrics):
        assert self.exit_code is None
        self.logged += metrics

def init(name, **settings):
    global run
    run = Run(name)
    runs.append(run)
    return run

def finish(exit_code=0):
    global run
    run.exit_code, run = exit_code, None
"""


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_logger_without_its_package_says_what_to_install(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=f"pip install {package}"):
        build_logger(package, tmp_path, "an4")


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    folder = tmp_path / "packages" / "wandb"
    (folder / "sdk").mkdir(parents=True)
    (folder / "__init__.py").write_text(FAKE_WANDB)
    (folder / "wandb_run.py").write_text("class Run: pass")
    (folder / "sdk" / "lib.py").write_text("class RunDisabled: pass")
    for name in wandb_modules():
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.setattr("pytorch_lightning.loggers.wandb._WANDB_AVAILABLE", True)
    yield importlib.import_module("wandb")
    for name in wandb_modules():
        del sys.modules[name]


def wandb_modules() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "wandb"]


def test_a_training_and_its_comparison_are_two_runs(
    run, tones: Path, tones_run: Path, tmp_path: Path, wandb: ModuleType
) -> None:
    ran = run("train", *quick(tones, tmp_path / "tuned", f"init={tones_run}", "logger=wandb"))
    assert ran.exit_code == 0, ran.stderr
    assert [(each.name, each.exit_code) for each in wandb.runs] == [("tuned", 0), ("tuned_scratch", 0)]
    assert all("val/cer" in each.logged for each in wandb.runs)


def test_a_training_that_fails_ends_its_run(run, tones: Path, tmp_path: Path, wandb: ModuleType) -> None:
    settings = [
        "logger=wandb",
        "trainer.limit_train_batches=1",
        "optimizer.learning_rate=1e30",
        "trainer.max_epochs=30",
    ]
    ran = run("train", *quick(tones, tmp_path / "run", *settings))
    assert ran.exit_code == 2
    assert [each.exit_code for each in wandb.runs] == [1]


PICTURE = np.zeros((2, 3, 3), np.uint8)


def test_csv_takes_no_pictures(tmp_path: Path) -> None:
    logger = build_logger("csv", tmp_path, "an4")
    assert isinstance(logger, CSVLogger)
    assert not shows_pictures(logger)
    log_picture(logger, "watch/clip_1", PICTURE, 3)
    assert not list(tmp_path.rglob("*.png"))


def test_wandb_and_mlflow_get_pictures_as_their_interfaces_expect_them() -> None:
    """The packages need not be installed: only the calls are checked."""
    calls: list[Any] = []

    class Wandb(WandbLogger):
        def __init__(self) -> None: ...

        def log_image(self, key: str, images: list[Any], step: int | None = None, **kwargs: Any) -> None:
            calls.append((key, [image.size for image in images], step))

    class MlFlow(MLFlowLogger):
        run_id = "run"
        experiment = SimpleNamespace(  # type: ignore[assignment]
            log_image=lambda run_id, image, artifact_file: calls.append((run_id, image.shape, artifact_file))
        )

        def __init__(self) -> None: ...

    for logger in (Wandb(), MlFlow()):
        assert shows_pictures(logger)
        log_picture(logger, "watch/clip_1", PICTURE, 3)
    assert calls == [
        ("watch/clip_1", [(3, 2)], None),
        ("run", (2, 3, 3), "watch/clip_1/step_00000003.png"),
    ]
