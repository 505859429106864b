"""What is said, and which exit code is given, when a command cannot start."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["batchsize=3"], "no setting 'batchsize'; did you mean 'batch_size'?"),
        (["encoder.layer=3"], "no setting 'encoder.layer'; did you mean 'layers'?"),
        (["encodr=bilstm"], "did you mean 'encoder'?"),
        (["encoder=bilst"], "encoder has no choice 'bilst'; did you mean 'bilstm'?"),
        (["experiment=an5"], "experiment has no choice 'an5'; did you mean 'an4'?"),
        (["batch_size=many"], "'many' of type 'str' could not be converted to Integer"),
        (["experiment=an4"], "corpus.root is not set; give corpus.root="),
        (["experiment=an4", "corpus.root=nowhere"], "corpus.root=nowhere: there is no such folder"),
        (["corpus=manifest", "corpus.root=nowhere"], "corpus.root=nowhere: no such file or folder"),
        (["features.kind=plp", "corpus=folder", "corpus.root=."], "kind must be mfcc or filterbank"),
        (["+features.knd=mfcc", "corpus=folder", "corpus.root=."], "Mfcc has no setting 'knd'; did you mean 'kind'?"),
        (["corpus._target_=os.system"], "_target_ 'os.system' is not allowed"),
    ],
)
def test_a_wrong_setting_is_named_with_its_mend(run, tmp_path, monkeypatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("train", *arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.result == {}


@pytest.mark.parametrize("name", ["prepare", "train", "evaluate", "transcribe", "classify", "export", "language_model"])
def test_help_shows_commands_to_copy_without_loading_torch(name: str, tmp_path: Path) -> None:
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['pipelines.{name}', '--help']\n"
        "try:\n"
        f"    runpy.run_module('pipelines.{name}', run_name='__main__')\n"
        "finally:\n"
        "    print('torch' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert f"python -m pipelines.{name}" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "False"
