"""Shards under Hydra's launchers: every command, and a shard that is killed."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import PrepareConfig
from pipelines.scaling.records import ShardRecords, at_work
from pipelines.scaling.shard import Shard, find_parts, shard_of
from pipelines.scaling.shared_run import run_shard
from tests.pipelines.conftest import Ran, quick, run_command, write_tones

Run = Callable[..., Ran]
SHARDS = ["-m", "shard=range(0,3)", "num_shards=3"]
JOBLIB = [*SHARDS, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
SUBMITIT = [*SHARDS, "hydra/launcher=submitit_local", "hydra.launcher.timeout_min=5"]
LAUNCHERS = [
    pytest.param(JOBLIB, id="joblib"),
    pytest.param(SUBMITIT, id="submitit_local", marks=pytest.mark.slow),
]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    yield
    if "joblib" in sys.modules:  # its processes would keep this folder for the next test
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, except those that tell times, versions or paths."""
    names = (path for path in folder.rglob("[!.]*") if path.is_file() and path.parent.name != ".shards")
    left_out = ("report.html", "overview.html", "scores.json", "content_hashes.jsonl")
    return {str(path.relative_to(folder)): path.read_bytes() for path in names if path.name not in left_out}


def prepare_settings(root: Path, place: Path) -> list[str]:
    common = ["corpus=manifest", f"corpus.root={root}", "features.sample_rate_hz=8000", "num_workers=0", "pictures=0"]
    return [*common, f"store_dir={place / 'store'}", f"output_dir={place / 'out'}"]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_divided_preparation_equals_a_whole_one(run: Run, tones: Path, tmp_path: Path, launcher: list[str]) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher" if launcher is JOBLIB else "submitit")
    assert run("prepare", *prepare_settings(tones, tmp_path / "one")).exit_code == 0
    ran = run("prepare", *prepare_settings(tones, tmp_path / "many"), *launcher)
    assert (ran.exit_code, ran.result["num_shards"], ran.result["clips"]) == (0, 3, 60)
    assert contents(tmp_path / "one/out") == contents(tmp_path / "many/out")


@pytest.mark.parametrize("runtime_batch", [1, 8])
def test_divided_transcripts_equal_those_of_one_process(
    run: Run, tones: Path, tones_run: Path, tmp_path: Path, runtime_batch: int
) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    (tmp_path / "sounds").mkdir()
    for path in [*tones.glob("1*.wav")]:
        (tmp_path / "sounds" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "sounds" / "0.wav").write_bytes(b"no sound")
    arguments = [f"model={tones_run}", "inputs=sounds", "num_workers=0", f"batch_size={runtime_batch}"]
    one = run("transcribe", *arguments, "output_dir=one", "formats=[txt,srt]")
    many = run("transcribe", *arguments, "output_dir=many", "formats=[txt,srt]", *JOBLIB)
    assert one.exit_code == many.exit_code == 1, many.stderr
    expected = {"num_shards": 3, "done": one.result["done"], "failed": 1, "skipped": 0}
    assert many.result == expected | {"audio_s": pytest.approx(one.result["audio_s"], abs=0.02)}
    if runtime_batch == 1:
        assert contents(Path("one")) == contents(Path("many"))
    texts = [
        {row["id"]: row["text"] for row in map(json.loads, Path(name, "results.jsonl").read_text().splitlines())}
        for name in ("one", "many")
    ]
    assert texts[0] == texts[1]


def test_divided_labels_and_their_table_equal_those_of_one_process(
    run: Run, skeletons_run: Path, tmp_path: Path
) -> None:
    from tests.pipelines.conftest import write_skeletons

    root = write_skeletons(tmp_path / "hands", each=4)
    arguments = [f"model={skeletons_run}", f"inputs={root / 'manifest.jsonl'}", "num_workers=0", "formats=[txt,csv]"]
    assert run("classify", *arguments, "output_dir=one", "batch_size=1").exit_code == 0
    ran = run("classify", *arguments, "output_dir=many", "batch_size=1", *SHARDS)
    assert (ran.exit_code, ran.result["done"]) == (0, 8)
    assert contents(Path("one")) == contents(Path("many"))


def test_divided_scores_equal_those_of_one_process(run: Run, tones_run: Path, tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    root = write_tones(tmp_path / "other", clips=14, seed=1)
    (root / "3.wav").write_bytes(b"")
    arguments = [f"model={tones_run}", "corpus=manifest", f"corpus.root={root}", "split=all", "num_workers=0"]
    arguments += ["batch_size=1", "report_clips=0"]
    one = run("evaluate", *arguments, "store_dir=store1", "output_dir=one")
    many = run("evaluate", *arguments, "store_dir=store2", "output_dir=many", *JOBLIB)
    assert one.exit_code == many.exit_code == 1, many.stderr
    assert many.result == {"num_shards": 3} | one.result | {"results": "many/results.jsonl"}
    assert contents(Path("one")) == contents(Path("many"))
    scores = [json.loads(Path(name, "scores.json").read_text()) for name in ("one", "many")]
    assert scores[0] == scores[1]


def test_predictions_that_shards_have_made_are_not_made_again(
    run: Run, tones_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_tones(tmp_path / "other", clips=9, seed=1)
    arguments = [f"model={tones_run}", "corpus=manifest", f"corpus.root={root}", "split=all", "num_workers=0"]
    arguments += ["store_dir=store", "output_dir=out", "report_clips=0", "num_shards=3"]
    assert run("evaluate", *arguments, "shard=0").result["clips"] == 3
    assert run("evaluate", *arguments, "shard=1").exit_code == 0
    predicted: list[str] = []
    monkeypatch.setattr("pipelines.inference.evaluate_shards.predict_clips", _recorded(predicted))
    monkeypatch.setattr("recognizers.inference.scoring.predict_clips", _recorded(predicted))
    assert run("evaluate", *arguments, "-m", "shard=range(0,3)").result["clips"] == 9
    assert len(predicted) == len(set(predicted)) == 3


def test_failures_of_an_earlier_call_are_not_those_of_shards(run: Run, tones: Path, tones_run: Path) -> None:
    Path("sounds").mkdir()
    for number in range(3):
        Path(f"sounds/{number}.wav").write_bytes((tones / f"{number}.wav").read_bytes())
    Path("sounds/bad.wav").write_bytes(b"no sound")
    arguments = [f"model={tones_run}", "inputs=sounds", "num_workers=0", "output_dir=out"]
    assert run("transcribe", *arguments).result["failed"] == 1
    Path("sounds/bad.wav").unlink()
    ran = run("transcribe", *arguments, "-m", "shard=range(0,2)", "num_shards=2")
    assert (ran.exit_code, ran.result["failed"]) == (0, 0), ran.stderr
    assert not Path("out/failures.jsonl").exists()


def test_an_evaluation_without_shards_takes_up_what_shards_have_predicted(
    run: Run, tones_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_tones(tmp_path / "other", clips=9, seed=1)
    arguments = [f"model={tones_run}", "corpus=manifest", f"corpus.root={root}", "split=all", "num_workers=0"]
    arguments += ["store_dir=store", "output_dir=out", "report_clips=0"]
    assert run("evaluate", *arguments, "num_shards=3", "shard=0").exit_code == 0
    predicted: list[str] = []
    monkeypatch.setattr("recognizers.inference.scoring.predict_clips", _recorded(predicted))
    with at_work(ShardRecords(Path("out"), 3, None), Shard(1, 3)):
        ran = run("evaluate", *arguments)
        assert ran.exit_code == 2
        assert "shard 00001-of-00003 is writing its results there" in ran.stderr
    assert find_parts(Path("out"), "results.jsonl")
    assert run("evaluate", *arguments).result["clips"] == 9
    assert len(predicted) == 6
    assert not find_parts(Path("out"), "results.jsonl")


def _recorded(predicted: list[str]) -> Callable[..., Any]:
    from recognizers.inference.scoring import predict_clips

    def predict(predictor: Any, prepared: Any, clips: Any, batch_size: int) -> Any:
        predicted.extend(clip.id for clip in clips)
        return predict_clips(predictor, prepared, clips, batch_size)

    return predict


def test_results_of_shards_are_known_to_a_call_without_shards_and_the_reverse(
    run: Run, tones: Path, tones_run: Path, tmp_path: Path
) -> None:
    arguments = [f"model={tones_run}", f"inputs={tones}/1*.wav", "num_workers=0", "output_dir=out"]
    assert run("transcribe", *arguments, "shard=1", "num_shards=3").result["done"] == 4
    assert Path("out/results-00001-of-00003.jsonl").is_file()
    ran = run("transcribe", *arguments)
    assert (ran.result["done"], ran.result["skipped"]) == (7, 4)
    assert not list(Path("out").glob("results-*"))
    ran = run("transcribe", *arguments, *SHARDS)
    assert (ran.result["done"], ran.result["skipped"]) == (0, 11)
    assert len(Path("out/results.jsonl").read_text().splitlines()) == 11


def test_shards_cannot_share_stdin(run: Run, tones_run: Path) -> None:
    ran = run("transcribe", f"model={tones_run}", "inputs=-", "output_dir=out", *SHARDS)
    assert ran.exit_code == 2
    assert "inputs=-: shards cannot share one stdin" in ran.stderr


@pytest.mark.parametrize("launcher", ["joblib", pytest.param("submitit_local", marks=pytest.mark.slow)])
def test_a_trial_that_fails_elsewhere_makes_the_exit_code(run: Run, tones: Path, tmp_path: Path, launcher: str) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher" if launcher == "joblib" else "submitit")
    settings = [each for each in quick(tones, tmp_path / "run") if not each.startswith(("hydra.", "encoder.hidden"))]
    limit = "hydra.launcher.n_jobs=1" if launcher == "joblib" else "hydra.launcher.timeout_min=5"
    ran = run(
        "train",
        "-m",
        *settings,
        "encoder.hidden_size=0,8",
        "hydra.sweep.dir=sweep",
        f"hydra/launcher={launcher}",
        limit,
    )
    assert ran.exit_code == 2, ran.stderr
    assert [path.parent.name for path in Path("sweep").glob("*/report.json")] == ["1"]


@pytest.mark.slow
def test_a_search_with_optuna_goes_on_after_a_trial_that_fails(run: Run, tones: Path, tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    settings = [each for each in quick(tones, tmp_path / "run") if not each.startswith(("hydra.", "encoder.hidden"))]
    optuna = [
        "hydra/sweeper=optuna",
        "hydra/sweeper/sampler=grid",
        "hydra.sweeper.n_jobs=1",
        "hydra.sweeper.n_trials=3",
    ]
    ran = run("train", "-m", *settings, "encoder.hidden_size=choice(8,0,16)", "hydra.sweep.dir=sweep", *optuna)
    assert ran.exit_code == 2, ran.stderr
    assert ran.stderr.count("hidden_size must be a whole number, at least 1; found 0") == 1
    assert len([*Path("sweep").glob("*/report.json")]) == 2
    best = Path("sweep/optimization_results.yaml").read_text(encoding="utf-8")
    assert "encoder.hidden_size: 0" not in best


def _die_once(cfg: PrepareConfig) -> CommandOutcome:
    """Stand-in for a command whose second shard is killed the first time."""
    shard, folder = shard_of(cfg), Path(cfg.output_dir)
    assert shard is not None

    def work() -> CommandOutcome:
        folder.mkdir(exist_ok=True)
        with open(folder / f"calls-{shard.index}", "a", encoding="utf-8") as calls:
            calls.write("x")
        if shard.index == 1 and (folder / "calls-1").stat().st_size == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return CommandOutcome({})

    return run_shard(folder, shard, "key", work, lambda results: CommandOutcome({"merged": len(results)}))


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_shard_that_was_killed_is_named_and_the_same_command_completes_the_work(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], launcher: list[str]
) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher" if launcher is JOBLIB else "submitit")
    main = command("prepare", shared_folder=lambda cfg: Path(cfg.output_dir))(_die_once)
    monkeypatch.setattr("pipelines.prepare.main", main)
    killed = run_command(monkeypatch, capfd, "prepare", "corpus=demo_speech", "output_dir=out", *launcher)
    assert killed.exit_code in (1, 2)  # joblib ends all other shards; whether one was done is a matter of time
    named = next(line for line in killed.stderr.splitlines() if "what was finished is kept" in line)
    assert 1 in killed.result["unfinished_shards"]
    assert "Give the same command again" in named
    again = run_command(monkeypatch, capfd, "prepare", "corpus=demo_speech", "output_dir=out", *launcher)
    assert (again.exit_code, again.result) == (0, {"num_shards": 3, "merged": 3}), again.stderr
