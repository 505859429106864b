"""The student's loss: the head's and the teacher's, weighed clip by clip."""

from pathlib import Path

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.store.signal_store import SignalWriter
from recognizers.batch import Batch, Example
from recognizers.head.ctc import Ctc
from recognizers.training.distillation import teacher_targets
from recognizers.training.distillation.distillation import Distillation
from recognizers.training.distillation.hypotheses import Hypotheses
from recognizers.training.distillation.teacher_targets import TeacherTargets, fingerprint_files
from recognizers.vocabulary import Vocabulary

LETTERS = Vocabulary("character", tuple("abc"))
SAID = {"a": [1, 2], "b": [3], "free": [2, 1]}
#: Whose target is what; "c" was never heard by the teacher.
TAUGHT = {"a": [1, 3], "b": [3], "c": [2], "free": [2, 1]}


@pytest.fixture
def targets(tmp_path: Path) -> TeacherTargets:
    found = TeacherTargets(tmp_path, "teacher", Hypotheses(), LETTERS, {name: f"key-{name}" for name in TAUGHT})
    with SignalWriter(found._store) as writer:
        for name, ids in SAID.items():
            writer.add(f"key-{name}", Signal(np.array([[0, len(ids), *ids]], np.float32), 1.0))
    return found


def losses_of(targets: TeacherTargets, taught: dict[str, list[int]], weight: float = 0.3) -> tuple[float, list[float]]:
    """Return the loss of a batch, and those of its clips, each alone in a batch."""
    torch.manual_seed(0)
    head, encoded, lengths = Ctc(6, LETTERS), torch.randn(len(taught), 7, 6), torch.tensor([7, 5, 6, 7][: len(taught)])
    distillation = Distillation(targets, weight, frozenset({"free"}))
    frames = np.zeros((1, 1), np.float32)
    examples = [Example(name, frames, target) for name, target in taught.items()]
    loss = distillation.loss(head, encoded, lengths, Batch.from_examples(examples)).item()
    alone = []
    for row, (name, target) in enumerate(taught.items()):
        clip = encoded[row : row + 1], lengths[row : row + 1]
        hard = head.loss(*clip, torch.tensor([target], dtype=torch.int64), torch.tensor([len(target)])).item()
        soft = 0.0
        if name in SAID and target:
            soft = targets.transfer.losses(head.log_probs(*clip), clip[1], [targets[name]]).item()
        share = {"free": 1.0}.get(name, weight) if soft else 0.0
        alone.append((1 - share) * hard + share * soft)
    return loss, alone


def test_the_loss_is_the_mean_of_what_each_clip_has_to_learn(targets: TeacherTargets) -> None:
    loss, alone = losses_of(targets, TAUGHT)
    assert loss == pytest.approx(np.mean(alone), rel=1e-5)


def test_sound_without_words_in_the_place_of_a_clip_is_not_what_the_teacher_heard(targets: TeacherTargets) -> None:
    loss, alone = losses_of(targets, {**TAUGHT, "a": [], "free": []})
    assert loss == pytest.approx(np.mean(alone), rel=1e-5)


def test_all_weight_may_be_the_teachers(targets: TeacherTargets) -> None:
    loss, alone = losses_of(targets, {"a": [1, 3], "b": [3]}, weight=1.0)
    assert loss == pytest.approx(np.mean(alone), rel=1e-5)


def test_a_weight_out_of_range_is_refused(targets: TeacherTargets) -> None:
    with pytest.raises(InputError, match=r"distillation.weight must be from 0 to 1; found 1.5"):
        Distillation(targets, 1.5)


def test_targets_belong_to_a_teacher_a_kind_and_the_students_symbols(targets: TeacherTargets, tmp_path: Path) -> None:
    def fingerprint(teacher: str = "teacher", count: int = 4, temperature: float = 1.0, letters: str = "abc") -> str:
        vocabulary = Vocabulary("character", tuple(letters))
        return TeacherTargets(tmp_path, teacher, Hypotheses(count, temperature), vocabulary, {}).fingerprint

    assert fingerprint() == fingerprint(temperature=3.0) == targets.fingerprint
    others = [fingerprint("other"), fingerprint(count=5), fingerprint(letters="cab")]
    assert len({targets.fingerprint, *others}) == 4


def test_a_process_that_waits_in_vain_gives_up(targets: TeacherTargets, monkeypatch: pytest.MonkeyPatch) -> None:
    from data_prep.manifest import Clip

    targets.wait([Clip("a", Path("a.wav"))])
    monkeypatch.setattr(teacher_targets, "PATIENCE_S", 0.0)
    with pytest.raises(InputError, match="the first process has added no teacher's target"):
        targets.wait([Clip("a", Path("a.wav")), Clip("c", Path("c.wav"))])


def test_a_recognizer_is_known_by_its_content(tmp_path: Path) -> None:
    for name, content in (("a", b"x"), ("b", b"x"), ("c", b"y")):
        (tmp_path / name).write_bytes(content)
    first, same, other = (fingerprint_files([tmp_path / name]) for name in "abc")
    assert first == same != other
