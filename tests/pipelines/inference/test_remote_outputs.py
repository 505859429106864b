"""Recognizers and output folders in object storage give what those on disk give."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from data_prep.streaming import transfer
from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.object_storage import find_object, list_tree, read_range, write_bytes
from data_prep.streaming.remote_folder import RECORD_NAME
from pipelines.cli import url_folders
from tests.data_prep.streaming.cutting_proxy import CuttingProxy
from tests.pipelines.conftest import Ran, write_tones

Run = Callable[..., Ran]


def put(folder: Path, url: str) -> str:
    """Copy a folder to a URL, as the storage's own tool would."""
    for path in folder.rglob("*"):
        if path.is_file():
            write_bytes(f"{url}/{path.relative_to(folder).as_posix()}", path.read_bytes())
    return url


def read(url: str) -> bytes:
    found = find_object(url)
    assert found is not None, url
    return read_range(url, 0, found.size)


@pytest.fixture
def sounds(tones: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    folder.mkdir()
    for number in range(3):
        shutil.copy(tones / f"{number}.wav", folder)
    return folder


def test_transcripts_go_to_s3_over_cut_connections(
    run: Run,
    tones_run: Path,
    sounds: Path,
    s3: str,
    proxy: CuttingProxy,
    cache: FileCache,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transfer, "CHUNK_BYTES", 1 << 14)
    model = put(tones_run, f"{s3}/runs/tones")
    second = put(tones_run / "bundle", f"{s3}/bundles/tones")
    arguments = [f"inputs={sounds}", "num_workers=0", f"cache.dir={cache.folder}"]
    assert run("transcribe", f"model={tones_run}", *arguments, f"output_dir={tmp_path / 'out'}").exit_code == 0
    remote = [f"model={model}", *arguments, f"output_dir={s3}/out"]

    proxy.budget = 40_000  # within the model
    first = run("transcribe", *remote)
    assert (first.exit_code, first.result["done"]) == (0, 3), first.stderr
    assert proxy.cuts == 1
    for path in (tmp_path / "out").glob("[!.c]*"):
        assert read(f"{s3}/out/{path.name}") == path.read_bytes()
    assert not [name for name in list_tree(f"{s3}/out") if name.endswith((".lock", ".part"))]

    both = run("transcribe", f"models=[{model},{second}]", *arguments, f"output_dir={tmp_path / 'both'}")
    assert (both.exit_code, both.result["done"]) == (0, 3), both.stderr
    assert [*(cache.folder / "linked").iterdir()] == []

    shutil.rmtree(cache.folder)  # as on another machine
    (sounds / "1.wav").write_bytes(b"no sound")
    again = run("transcribe", *remote)
    assert (again.exit_code, again.result["skipped"], again.result["failed"]) == (1, 2, 1), again.stderr
    assert json.loads(read(f"{s3}/out/failures.jsonl"))["id"] == "1.wav"
    assert find_object(f"{s3}/out/1.txt") is None


def test_an_upload_that_fails_is_an_error_and_is_made_up_by_the_same_command(
    run: Run,
    tones_run: Path,
    sounds: Path,
    s3: str,
    proxy: CuttingProxy,
    cache: FileCache,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transfer, "ATTEMPTS", 1)
    arguments = [f"model={tones_run}", f"inputs={sounds}", "num_workers=0", f"cache.dir={cache.folder}"]
    arguments.append(f"output_dir={s3}/out")
    proxy.budget, proxy.stays_down = 2000, True  # after the listing
    broken = run("transcribe", *arguments)
    assert broken.exit_code == 2
    assert f"error: {s3}/out/" in broken.stderr
    assert "cannot be written" in broken.stderr
    assert "a secret of the tests" not in broken.stderr
    proxy.is_down = False
    again = run("transcribe", *arguments)
    assert (again.exit_code, again.result["done"], again.result["skipped"]) == (0, 0, 3), again.stderr
    assert len(read(f"{s3}/out/results.jsonl").splitlines()) == 3


def test_what_is_done_is_uploaded_while_the_command_works(
    run: Run, tones_run: Path, sounds: Path, bucket: str, cache: FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(url_folders, "UPLOAD_EVERY_S", 0.01)
    seen: list[bool] = []

    def recorded(*arguments: object) -> bool:
        import time

        deadline = time.monotonic() + 10
        while find_object(f"{bucket}/out/results.jsonl") is None and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append(time.monotonic() < deadline)
        return True

    monkeypatch.setattr("pipelines.inference.recognize_files.show_summary", recorded)
    arguments = [f"model={tones_run}", f"inputs={sounds}", "num_workers=0", f"cache.dir={cache.folder}"]
    assert run("transcribe", *arguments, f"output_dir={bucket}/out").exit_code == 0
    assert seen == [True]


def test_scores_and_preparations_go_to_a_url(
    run: Run, tones_run: Path, bucket: str, cache: FileCache, tmp_path: Path
) -> None:
    root = write_tones(tmp_path / "other", clips=9, seed=1)
    model = put(tones_run, f"{bucket}/tones")
    common = ["corpus=manifest", f"corpus.root={root}", "num_workers=0", f"cache.dir={cache.folder}"]
    common.append(f"store_dir={tmp_path / 'store'}")
    evaluation = [*common, "split=all", "report_clips=0"]
    one = run("evaluate", f"model={tones_run}", *evaluation, f"output_dir={tmp_path / 'one'}")
    many = run("evaluate", f"model={model}", *evaluation, f"output_dir={bucket}/scores")
    assert many.exit_code == 0, many.stderr
    assert many.result == one.result | {"results": f"{bucket}/scores/results.jsonl"}
    assert read(f"{bucket}/scores/results.jsonl") == (tmp_path / "one/results.jsonl").read_bytes()
    assert json.loads(read(f"{bucket}/scores/scores.json"))["models"] == [model]

    ran = run("prepare", *common, "features.sample_rate_hz=8000", "pictures=0", f"output_dir={bucket}/prepared")
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["manifest"] == f"{bucket}/prepared/manifest.jsonl"
    assert set(list_tree(f"{bucket}/prepared")) == {RECORD_NAME, "manifest.jsonl", "overview.html"}


def test_results_of_another_program_are_kept(
    run: Run, tones_run: Path, sounds: Path, bucket: str, cache: FileCache
) -> None:
    write_bytes(f"{bucket}/out/0.txt", b"mine")
    arguments = [f"model={tones_run}", f"inputs={sounds}", "num_workers=0", f"cache.dir={cache.folder}"]
    ran = run("transcribe", *arguments, f"output_dir={bucket}/out")
    assert ran.exit_code == 2
    assert "holds '0.txt', which no command wrote" in ran.stderr
    assert read(f"{bucket}/out/0.txt") == b"mine"
