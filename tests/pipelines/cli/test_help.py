"""``--help`` of every command."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli.command import CONF_DIR
from pipelines.cli.help import is_help_request
from pipelines.cli.utterance import COMMANDS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_commands_to_copy_without_loading_numpy_or_torch(name: str, tmp_path: Path) -> None:
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['pipelines.{name}', '--help']\n"
        "try:\n"
        f"    runpy.run_module('pipelines.{name}', run_name='__main__')\n"
        "finally:\n"
        "    print(sorted({'numpy', 'torch', 'mediapipe'} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert f"python -m pipelines.{name}" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "[]"


def test_choices_and_settings_are_listed_under_the_given_choices() -> None:
    command = [sys.executable, "-m", "pipelines.train", "encoder=bilstm", "head=classification", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for group in ("augment", "corpus", "decoder", "encoder", "experiment", "features", "head", "trainer"):
        names = sorted(path.stem for path in (CONF_DIR / group).glob("*.yaml"))
        assert f"\n{group}: {', '.join(names)}\n" in shown
    assert "_target_: recognizers.head.classification.Classification" in shown
    assert "batch_size: 16" in shown
    assert "hydra:\n" not in shown


def test_what_an_experiment_sets_for_training_alone_is_not_among_the_settings_of_prepare() -> None:
    command = [sys.executable, "-m", "pipelines.prepare", "experiment=an4", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "_target_: data_prep.corpora.an4.An4\n" in shown
    assert "\n  band_masks: 2\n" in shown
    for unused in ("encoder", "head", "trainer", "optimizer", "ema_decay", "batch_size", "extra_corpora"):
        assert f"\n{unused}:" not in shown


def test_requests_with_further_options_are_left_to_hydra() -> None:
    assert is_help_request(["--help"])
    assert is_help_request(["seed=3", "-h"])
    assert not is_help_request(["--help", "--multirun"])
    assert not is_help_request(["inputs=-"])
    assert not is_help_request([])
