"""A training whose corpus, store and run are in object storage gives the weights of one on disk."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.object_storage import list_tree, write_bytes
from tests.data_prep.streaming.cutting_proxy import CuttingProxy
from tests.pipelines.conftest import Ran, quick, write_tones

Run = Callable[..., Ran]


@pytest.fixture
def small_tones(tmp_path: Path) -> Path:
    return write_tones(tmp_path / "tones", clips=20)


def settings(root: object, *more: str) -> list[str]:
    """Return the settings of a quick training in a new directory below ``runs``."""
    kept = [
        each for each in quick(Path("ROOT"), Path("RUN")) if not each.startswith(("hydra.", "store_dir", "corpus.r"))
    ]
    return [*kept, f"corpus.root={root}", "logger=csv", *more]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "bundle" / "model.safetensors")


def assert_equal_weights(one: Path, other: Path) -> None:
    expected, found = weights(one), weights(other)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert torch.equal(value, found[name]), name


def test_a_training_on_s3_gives_the_weights_of_a_local_one(
    run: Run,
    small_tones: Path,
    s3: str,
    proxy: CuttingProxy,
    cache: FileCache,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    local = run("train", *settings(small_tones, "store_dir=store", "hydra.run.dir=local"))
    assert local.exit_code == 0, local.stderr
    for path in small_tones.iterdir():
        write_bytes(f"{s3}/corpus/{path.name}", path.read_bytes())
    remote = [f"{s3}/corpus/manifest.jsonl", f"store_dir={s3}/store", f"cache.dir={cache.folder}"]
    proxy.budget = 100_000  # within the corpus
    ran = run("train", *settings(*remote, f"upload_to={s3}/runs/first", "hydra.run.dir=remote"))
    assert ran.exit_code == 0, ran.stderr
    assert proxy.cuts == 1
    assert_equal_weights(Path("local"), Path("remote"))
    for name in ("wer", "cer"):
        assert ran.result[f"test/{name}"] == local.result[f"test/{name}"]

    arguments = ["corpus=manifest", f"corpus.root={small_tones}", "store_dir=store", "report_clips=0", "num_workers=0"]
    scores = [
        run("evaluate", f"model={model}", *arguments, f"output_dir={name}", f"cache.dir={cache.folder}")
        for name, model in (("one", "local"), ("many", f"{s3}/runs/first"))
    ]
    assert scores[1].result == scores[0].result | {"results": "many/results.jsonl"}, scores[1].stderr
    refused = run("train", *settings(small_tones, "store_dir=store", "resume=local", f"upload_to={s3}/runs/first"))
    assert refused.exit_code == 2
    assert "holds something already" in refused.stderr
    refused = run("train", *settings(*remote, f"upload_to={s3}/runs/first"))
    assert refused.exit_code == 2
    assert f"upload_to={s3}/runs/first: holds something already; give another URL, or resume=" in refused.stderr
    assert not Path("runs").exists() or not [*Path("runs").glob("*/*/run.json")]


def test_a_run_that_was_stopped_is_resumed_on_another_machine(
    run: Run, small_tones: Path, bucket: str, cache: FileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    common = settings(small_tones, f"store_dir={tmp_path / 'store'}", f"cache.dir={cache.folder}")
    common += ["trainer.max_epochs=2", "encoder.dropout=0.3"]
    assert run("train", *common, "hydra.run.dir=local").exit_code == 0

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr("pipelines.training.run.remove_older_checkpoints", stop)  # after the last epoch
        assert run("train", *common, f"upload_to={bucket}/run", "hydra.run.dir=first").exit_code == 130
    there = list_tree(f"{bucket}/run")
    assert [name for name in there if name.startswith("checkpoints/epoch_end")]
    assert "bundle/model.safetensors" not in there

    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    ran = run("train", *common, f"resume={bucket}/run")
    assert ran.exit_code == 0, ran.stderr
    assert_equal_weights(tmp_path / "local", Path(ran.result["run_dir"]))
    assert "bundle/model.safetensors" in list_tree(f"{bucket}/run")

    shutil.rmtree(ran.result["run_dir"])  # the finished run is fetched, and only tested again
    again = run("train", *common, f"resume={bucket}/run")
    assert (again.exit_code, "it is only tested again" in again.stderr) == (0, True), again.stderr
    reports = [
        json.loads(Path(each, "report.json").read_text()) for each in (tmp_path / "local", again.result["run_dir"])
    ]
    assert reports[0]["metrics"] == reports[1]["metrics"]


def test_what_cannot_be_uploaded_or_resumed_is_said_before_any_work(
    run: Run, small_tones: Path, bucket: str, cache: FileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    common = settings(small_tones, "store_dir=store", f"cache.dir={cache.folder}")
    for arguments, message in (
        (["upload_to=runs/x"], "upload_to=runs/x: expected a URL such as s3://BUCKET/RUN"),
        ([f"resume={bucket}/none"], f"resume={bucket}/none: not a run directory"),
        (["-m", "seed=0,1", f"upload_to={bucket}/x"], "upload_to takes one run"),
    ):
        ran = run("train", *arguments, *common)
        assert ran.exit_code == 2
        assert message in ran.stderr
    assert not Path("store").exists()
    assert not [*Path("runs").glob("*/none")]
