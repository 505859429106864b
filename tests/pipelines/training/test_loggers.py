"""Loggers of training curves."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from data_prep.errors import InputError
from pipelines.training.loggers import build_logger
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
