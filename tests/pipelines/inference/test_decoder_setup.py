"""Decoding with a language model in training, evaluation and transcription."""

import json
import shutil
from pathlib import Path

import pytest

from recognizers.language_model.arpa import read_arpa, write_arpa
from recognizers.language_model.ngram import witten_bell
from tests.pipelines.conftest import SMALL_AUDIO, write_tones


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones, with words in the test split that the training split does not have."""
    root = write_tones(tmp_path_factory.mktemp("more_tones"), clips=40)
    path = root / "manifest.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for number, row in enumerate(rows):
        row["split"] = ("validation", "test")[number % 2] if number < 12 else "train"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def texts(manifest: Path, split: str) -> set[str]:
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    return {row["text"] for row in rows if row["split"] == split}


def test_training_with_a_beam_reports_both_scores_and_saves_the_decoder(run, manifest, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    common = [f"store_dir={tmp_path / 'store'}", "num_workers=0"]
    classed = sorted(texts(manifest, "train"))[:3]
    ran = run(
        "train",
        *("experiment=speech", "corpus=manifest", f"corpus.root={manifest.parent}", *SMALL_AUDIO, *common),
        *("decoder=beam", "decoder.order=2", "decoder.word_bonus=0", "decoder.only_known_words=true"),
        *(f"decoder.classes.TONE=[{','.join(classed)}]", "decoder.class_order=2"),
        *("trainer.max_epochs=8", f"hydra.run.dir={run_dir}"),
    )
    assert ran.exit_code == 0, ran.stderr
    assert {"test/wer", "test/cer", "test/greedy_wer", "test/greedy_cer"} <= ran.result.keys()
    report = json.loads((run_dir / "report.json").read_text())
    decoder = report["decoder"]
    assert decoder["lm_weight"] is not None
    assert decoder["language_model"] == {"order": 2, "words": len(texts(manifest, "train"))}
    assert decoder["classes"] == {"TONE": classed}
    # The language model is made of the training texts only.
    assert read_arpa(run_dir / "bundle" / "language_model.arpa").words == texts(manifest, "train")
    specification = json.loads((run_dir / "bundle" / "recognizer.json").read_text())["decoder"]
    assert specification == decoder | {"language_model": "language_model.arpa"}

    as_trained = run("evaluate", f"model={run_dir}", *common)
    assert (as_trained.result["wer"], as_trained.result["cer"]) == (ran.result["test/wer"], ran.result["test/cer"])
    greedy = run("evaluate", f"model={run_dir}", "decoder=greedy", *common)
    assert (greedy.result["wer"], greedy.result["cer"]) == (
        ran.result["test/greedy_wer"],
        ran.result["test/greedy_cer"],
    )
    assert greedy.result["results"].endswith("own_test_greedy/results.jsonl")
    wider = run("evaluate", f"model={run_dir}", "decoder=beam", "decoder.beam_size=64", *common)
    settings = json.loads((run_dir / "evaluations" / "own_test_beam" / "scores.json").read_text())["decoder"]
    assert settings == decoder | {"beam_size": 64}
    assert wider.exit_code == 0

    said = run("transcribe", f"model={run_dir}", f"inputs={manifest.parent / '20.wav'}", f"output_dir={tmp_path / 'o'}")
    assert said.exit_code == 0
    assert (tmp_path / "o" / "20.txt").read_text().strip() in texts(manifest, "train") | {""}


def test_evaluation_tunes_a_language_model_made_from_the_manifest(run, tones_run: Path, tmp_path: Path) -> None:
    model = tmp_path / "deeper" / "lm.arpa"
    made = run("language_model", f"transcripts={tones_run / 'manifest.jsonl'}", "split=train", f"output={model}")
    assert made.exit_code == 0, made.stderr
    assert made.result["order"] == 3
    assert made.result["words"] == made.result["sentences"] >= made.result["distinct_words"]
    assert made.result["perplexity"] > 1
    copy = tmp_path / "run"
    shutil.copytree(tones_run, copy)
    shutil.rmtree(copy / "evaluations", ignore_errors=True)
    common = [f"model={copy}", "decoder=beam", f"store_dir={tmp_path / 'store'}", "num_workers=0"]
    tuned = run("evaluate", *common, f"decoder.language_model={model}")
    assert tuned.exit_code == 0, tuned.stderr
    assert "tuning" in tuned.stderr or "tuned lm_weight" in tuned.stderr
    assert tuned.result["cer"] <= 0.1
    given = [f"decoder.lm_weight={tuned.result['lm_weight']}", f"decoder.word_bonus={tuned.result['word_bonus']}"]
    again = run("evaluate", *common, f"decoder.language_model={model}", *given)
    assert again.result["cer"] == tuned.result["cer"]
    guessed = run("evaluate", *common, f"decoder.language_model={model}", "split=validation")
    assert "no validation clips to tune on" in guessed.stderr  # weights are never tuned on the clips that are scored


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("evaluate", ["decoder=beam"], "there is no language model; give decoder.language_model=FILE.arpa"),
        ("transcribe", ["decoder=beam"], "there is no language model"),
        ("transcribe", ["decoder=beam", "decoder.language_model=MODEL"], "give decoder.lm_weight and"),
        ("transcribe", ["decoder=beam", "decoder.language_model=nowhere.arpa"], "nowhere.arpa: no such language model"),
        ("transcribe", ["decoder=beam", "decoder.beam=3"], "no setting 'decoder.beam'"),
        ("evaluate", ["decoder=bean"], "decoder has no choice 'bean'; did you mean 'beam'?"),
        ("evaluate", ["decoder.beam_size=3"], "decoder=beam with decoder.beam_size"),
    ],
)
def test_errors_name_missing_and_unknown_decoder_settings(
    run, tones_run: Path, tmp_path: Path, name, arguments, said
) -> None:
    (tmp_path / "texts.txt").write_text("a b\nc\n\n")
    assert run("language_model", f"transcripts={tmp_path / 'texts.txt'}", f"output={tmp_path / 'lm'}").exit_code == 0
    arguments = [argument.replace("MODEL", str(tmp_path / "lm")) for argument in arguments]
    if name == "transcribe":
        arguments += [f"inputs={tones_run}", f"output_dir={tmp_path / 'out'}"]
    ran = run(name, f"model={tones_run}", *arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert not (tmp_path / "out").exists()


def test_a_beam_is_refused_for_labels(run, skeletons_run: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("open\nclose\n")
    model = tmp_path / "lm.arpa"
    assert run("language_model", f"transcripts={tmp_path / 'texts.txt'}", f"output={model}").exit_code == 0
    ran = run("evaluate", f"model={skeletons_run}", "decoder=beam", f"decoder.language_model={model}")
    assert ran.exit_code == 2
    assert "Beam decodes sequences" in ran.stderr
    corpus = [f"corpus.root={json.loads((skeletons_run / 'report.json').read_text())['config']['corpus']['root']}"]
    ran = run(
        "train", "experiment=signs", "corpus=manifest", *corpus, "decoder=beam", f"hydra.run.dir={tmp_path / 'r'}"
    )
    assert ran.exit_code == 2
    assert "Beam decodes sequences" in ran.stderr
    assert not (tmp_path / "r" / "run.json").exists()


def test_a_language_model_in_another_case_is_refused_before_training(run, tones, tmp_path: Path) -> None:
    write_arpa(tmp_path / "upper.arpa", witten_bell([["ABC", "BCA"]], 2))
    arguments = ["experiment=speech", "corpus=manifest", f"corpus.root={tones}", *SMALL_AUDIO]
    decoder = ["decoder=beam", f"decoder.language_model={tmp_path / 'upper.arpa'}"]
    folders = [f"store_dir={tmp_path / 'store'}", f"hydra.run.dir={tmp_path / 'run'}"]
    ran = run("train", *arguments, *decoder, *folders)
    assert (ran.exit_code, "can be written with the recognizer's characters" in ran.stderr) == (2, True)
    assert not (tmp_path / "run").exists()
