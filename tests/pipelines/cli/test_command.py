"""Messages and exit codes of commands that cannot start."""

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
        (["batch_size=many"], "batch_size must be a whole number; found 'many'"),
        (["experiment=an4"], "corpus.root is not set; give corpus.root="),
        (["experiment=an4", "corpus.root=nowhere"], "corpus.root=nowhere: there is no such folder"),
        (["corpus=manifest", "corpus.root=nowhere"], "corpus.root=nowhere: no such file or folder"),
        (["features.kind=plp", "corpus=folder", "corpus.root=."], "kind must be mfcc or filterbank"),
        (["+features.knd=mfcc", "corpus=folder", "corpus.root=."], "Mfcc has no setting 'knd'; did you mean 'kind'?"),
        (["corpus._target_=os.system"], "_target_ 'os.system' is not allowed"),
    ],
)
def test_a_wrong_setting_is_named_with_its_correction(run, tmp_path, monkeypatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("train", *arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.result == {}


def test_a_former_setting_in_a_users_own_experiment_is_named_with_its_present_name(run, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("# @package _global_\nfurther_training:\n  x: {root: DIR}\n")
    ran = run("train", f"--config-dir={tmp_path}", "experiment=mine", "corpus=folder", "corpus.root=DIR")
    assert ran.exit_code == 2
    assert "'further_training'; it is now called 'extra_corpora'" in ran.stderr
