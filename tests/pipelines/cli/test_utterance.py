"""The console script runs every command as ``python -m`` does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli.command import CONF_DIR
from pipelines.cli.utterance import COMMANDS, main
from tests.pipelines.conftest import quick

ROOT = Path(__file__).parents[3]


def utterance(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the console script as pip installs it: a file outside the package that calls `main`."""
    script = "import sys; from pipelines.cli.utterance import main; sys.exit(main())"
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_commands_are_those_that_have_a_configuration() -> None:
    assert sorted(COMMANDS) == sorted(path.stem for path in CONF_DIR.glob("*.yaml"))
    assert all((ROOT / "pipelines" / f"{name}.py").is_file() for name in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_commands_are_listed(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["utterance", *arguments])
    main()
    shown = capsys.readouterr().out
    assert "utterance COMMAND" in shown
    for name, purpose in COMMANDS.items():
        assert f"  {name}" in shown
        assert purpose in shown


def test_the_version_is_that_of_the_package(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("importlib.metadata.version", {"utterance-pipelines": "1.2.3"}.get)
    monkeypatch.setattr(sys, "argv", ["utterance", "--version"])
    main()
    assert capsys.readouterr().out == "utterance 1.2.3\n"


@pytest.mark.parametrize(("name", "hint"), [("trian", "did you mean 'train'?"), ("xyz", "commands: prepare, train")])
def test_an_unknown_command_is_an_error_with_a_hint(name: str, hint: str, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["utterance", name])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert hint in capsys.readouterr().err


def test_help_and_errors_are_those_of_the_command() -> None:
    shown = utterance("export", "--help")
    assert shown.returncode == 0, shown.stderr
    assert "'utterance export' and 'python -m pipelines.export' are the same command." in shown.stdout
    refused = utterance("train", "batchsize=3")
    assert (refused.returncode, "did you mean 'batch_size'?" in refused.stderr) == (2, True)


def test_lightning_starts_the_second_process_of_a_training(tones: Path, tmp_path: Path) -> None:
    """Lightning repeats the command of the first process, which it reads from ``__main__`` and ``sys.argv``."""
    ran = utterance("train", *quick(tones, tmp_path / "run"), "trainer=ddp", "trainer.max_epochs=1")
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "run" / "report.json").read_text())["processes"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "store"]


def test_a_sweep_trains_every_run(tones: Path, tmp_path: Path) -> None:
    arguments = quick(tones, tmp_path / "unused", f"hydra.sweep.dir={tmp_path / 'sweep'}", "seed=0,1")
    ran = utterance("train", "-m", *arguments)
    assert ran.returncode == 0, ran.stderr
    assert {path.name for path in (tmp_path / "sweep").iterdir()} >= {"0", "1"}
    for number in ("0", "1"):
        assert (tmp_path / "sweep" / number / "train.log").is_file()
