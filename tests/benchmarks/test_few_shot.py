"""The comparison of starting points: its folders, its settings, and runs in which something failed."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from benchmarks import few_shot
from data_prep.errors import InputError
from data_prep.manifest import Clip
from tests.pipelines.conftest import RATE_HZ, SMALL_AUDIO, TONES_HZ, run_command, spoken_tones


@pytest.fixture
def keywords(tmp_path: Path) -> Path:
    """Write a folder of two keywords by four speakers; one of the test clips is not sound."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(8):
        label, split = list(TONES_HZ)[number % 2], "train" if number < 4 else "test"
        soundfile.write(tmp_path / f"{number}.wav", spoken_tones(label, rng), RATE_HZ)
        rows.append({"path": f"{number}.wav", "label": label, "speaker": f"s{number // 2}", "split": split})
    (tmp_path / "7.wav").write_text("not sound")
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def settings(root: Path) -> list[str]:
    return [
        "experiment=keywords",
        "corpus=manifest",
        f"corpus.root={root}",
        *SMALL_AUDIO,
        "optimizer.consistency_weight=0",
        "trainer.max_epochs=1",
        f"store_dir={root / 'store'}",
    ]


def test_a_run_whose_clips_partly_fail_has_a_score(
    keywords: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_codes = []

    def run_here(command: list[str], **files: object) -> subprocess.CompletedProcess[bytes]:
        with pytest.MonkeyPatch.context() as patch:
            exit_codes.append(run_command(patch, None, "train", *command[3:]).exit_code)
        return subprocess.CompletedProcess(command, exit_codes[-1])

    monkeypatch.setattr(few_shot, "subprocess", SimpleNamespace(run=run_here))
    chosen = ["--init", "none", "--clips", "2", "--seeds", "0", "--output", str(keywords / "out")]
    monkeypatch.setattr(sys, "argv", ["few_shot", *settings(keywords), *chosen])
    few_shot.main()
    assert exit_codes == [1]
    printed = capsys.readouterr()
    [accuracy] = json.loads(printed.out.splitlines()[-1])["accuracy"]["none"]["2"]
    assert accuracy in (0, 0.25, 0.5, 0.75)  # a clip that cannot be used counts as wrong
    assert "1 clips could not be used, see" in printed.err
    few_shot.main()  # the finished run is kept
    assert exit_codes == [1]


@pytest.mark.parametrize("exit_code", [1, 2])
def test_a_training_without_scores_is_an_error(exit_code: int, keywords: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = SimpleNamespace(run=lambda command, **files: subprocess.CompletedProcess(command, exit_code))
    monkeypatch.setattr(few_shot, "subprocess", stopped)
    monkeypatch.setattr(sys, "argv", ["few_shot", *settings(keywords), "--output", str(keywords / "out")])
    with pytest.raises(SystemExit, match=rf"the training ended with exit code {exit_code}.*log.txt, correct the cause"):
        few_shot.main()


def test_a_run_without_an_accuracy_is_an_error(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"metrics": {"test/wer": 0.5}}))
    with pytest.raises(InputError, match="found the scores test/wer, expected test/accuracy; give a recipe that"):
        few_shot.read_accuracy(report)


def test_former_names_of_settings_and_names_of_files_are_read_as_by_the_training(keywords: Path) -> None:
    odd = keywords.rename(keywords.with_name("a,b=1"))
    former = "+further_training.more={_target_:data_prep.corpora.manifest.ManifestCorpus,root:x}"
    clips = few_shot.corpus_clips([*settings(odd), "corpus.columns.speaker=speaker", former], None)
    assert [clip.split for clip in clips] == ["train"] * 4 + ["test"] * 4
    with pytest.raises(InputError, match="is not a setting; settings are given as KEY=VALUE"):
        few_shot.corpus_clips(["keywords"], None)


def test_settings_of_the_corpus_are_not_those_of_the_runs() -> None:
    of_corpus = ["corpus=folder", "corpus.root=DIR", "++corpus.columns.label=word", "~corpus.fold", "corpus@x=folder"]
    assert all(map(few_shot.is_of_corpus, of_corpus))
    others = ["experiment=keywords", "augment.noise_files=corpus", "corpus_name=x", "+x=corpus.root"]
    assert not any(map(few_shot.is_of_corpus, others))


def test_each_starting_point_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inits = ["none", "speech_en", "./none", "runs/a/x", "runs/b/x", "runs/b_x", "runs/a/x/bundle", "..", "/"]
    names = [few_shot.folder_name(init) for init in inits]
    assert names[:2] == ["none", "speech_en"]
    assert names[3].startswith("a_x_")
    assert len(set(names)) == len(inits)
    assert all(Path(name).name == name and len(name) < 80 for name in names)
    assert few_shot.folder_name(str(tmp_path / "runs" / "a" / "x")) == few_shot.folder_name("runs/a/./x") == names[3]


def test_the_same_clips_are_drawn_for_each_starting_point() -> None:
    clips = [Clip(str(number), Path(f"{number}.wav"), label="ab"[number % 2], split="train") for number in range(20)]
    drawn = [[clip.id for clip in few_shot.draw(clips, 3, seed)] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 6
