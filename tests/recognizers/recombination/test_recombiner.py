"""New sequences depend on seed, epoch, clip and alignments alone, and their targets are what is said."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from recognizers.augment.none import NoAugment
from recognizers.augment.recombine import Recombine
from recognizers.inference.aligned_clip import AlignedClip, write_alignments
from recognizers.prediction import Word
from recognizers.recombination.recombiner import Recombiner, check_recombinable, newest_alignments
from recognizers.training.datamodule import ClipData
from recognizers.training.targets import TargetClip
from recognizers.vocabulary import Unit, Vocabulary
from tests.recognizers.conftest import EXTRACTOR, StoreSignals

LETTERS = Vocabulary("character", ("a", "b", "c"))
TEXTS = ["abc", "cab", "bb", "acca", "b"]


def make(
    store_signals: StoreSignals, folder: Path, vocabulary: Vocabulary, texts: list[str], **settings: Any
) -> tuple[Prepared, list[TargetClip], Recombiner]:
    clips = [
        Clip(f"clip-{i}", Path(f"{i}.wav"), text=text, speaker="ann", split="train") for i, text in enumerate(texts)
    ]
    prepared = store_signals(clips)
    entries = [TargetClip(clip, tuple(vocabulary.encode(clip.text or "")), 100, 9) for clip in clips]
    recombine = Recombine(**({"copies": 1} | settings))
    return prepared, entries, Recombiner(recombine, entries, prepared, vocabulary, "audio", folder, 0)


def align_evenly(entries: list[TargetClip], folder: Path, epoch: int, units: dict[str, list[str]]) -> None:
    aligned = []
    for entry in entries:
        texts = units[entry.clip.id]
        words = tuple(Word(text, (i + 0.1) / len(texts), (i + 0.9) / len(texts), 1.0) for i, text in enumerate(texts))
        aligned.append(AlignedClip(entry.clip.id, "x.wav", entry.clip.text or "", 1.0, words))
    folder.mkdir(exist_ok=True)
    write_alignments(folder / f"epoch={epoch:03d}.jsonl", aligned)


def letters_of(entries: list[TargetClip]) -> dict[str, list[str]]:
    return {entry.clip.id: list(entry.clip.text or "") for entry in entries}


def test_nothing_is_recombined_before_there_are_alignments(store_signals: StoreSignals, tmp_path: Path) -> None:
    _, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, TEXTS)
    align_evenly(entries, tmp_path / "a", 3, letters_of(entries))
    assert recombiner.draw(2, entries[0], 1) is None
    assert recombiner.draw(3, entries[0], 1) is not None
    assert recombiner.draw(7, entries[0], 1) is not None
    assert recombiner.draw(3, entries[0], 0) is None  # the clip itself
    assert recombiner.draw(3, entries[0], 2) is None  # the clip itself, which is drawn twice


def test_the_target_is_what_the_units_say(store_signals: StoreSignals, tmp_path: Path) -> None:
    _, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, TEXTS)
    align_evenly(entries, tmp_path / "a", 0, letters_of(entries))
    sequence = recombiner.draw(0, entries[3], 1)
    assert sequence is not None
    assert LETTERS.decode(sequence.target) == "".join(unit.text for unit in sequence.units)
    assert len(sequence.target) == 4
    signal = recombiner.join(sequence, 0, entries[3], 1)
    assert signal is not None
    assert signal.duration_s == pytest.approx(sequence.duration_s, abs=0.2)
    repeats = sum(a == b for a, b in zip(sequence.target, sequence.target[1:], strict=False))
    assert sequence.needed_frames == 4 + repeats


@pytest.mark.parametrize(("unit", "symbols"), [("character", (" ", "a", "b")), ("word", ("aa", "ab", "b"))])
def test_words_are_separated_as_texts_are(
    store_signals: StoreSignals, tmp_path: Path, unit: Unit, symbols: tuple[str, ...]
) -> None:
    vocabulary = Vocabulary(unit, symbols)
    _, entries, recombiner = make(store_signals, tmp_path / "a", vocabulary, ["aa ab", "ab b aa"])
    align_evenly(entries, tmp_path / "a", 0, {entry.clip.id: (entry.clip.text or "").split() for entry in entries})
    sequence = recombiner.draw(0, entries[1], 1)
    assert sequence is not None
    assert vocabulary.decode(sequence.target) == " ".join(unit.text for unit in sequence.units)


def test_clips_of_one_unit_need_no_alignment(store_signals: StoreSignals, tmp_path: Path) -> None:
    _, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, ["a", "b", "c"], most_units=5)
    drawn = [recombiner.draw(epoch, entries[0], 1) for epoch in range(20)]
    texts = {LETTERS.decode(each.target) for each in drawn if each is not None}
    assert max(map(len, texts)) == 5
    assert len(texts) > 10


def test_a_copy_in_another_process_draws_the_same(store_signals: StoreSignals, tmp_path: Path) -> None:
    prepared, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, TEXTS, copies=2)
    align_evenly(entries, tmp_path / "a", 0, letters_of(entries))
    copy = pickle.loads(pickle.dumps(recombiner))
    keys = [(epoch, entry, earlier) for epoch in (0, 1) for entry in entries for earlier in (1, 2)]
    targets = [recombiner.draw(*key) for key in keys]
    assert targets == [copy.draw(*key) for key in keys]
    assert len({each.target for each in targets if each is not None}) > 5
    assert prepared.clips


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_epoch_has_every_clip_and_its_new_sequences(
    store_signals: StoreSignals, tmp_path: Path, num_workers: int
) -> None:
    prepared, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, TEXTS, copies=2)

    def epoch(number: int) -> list[tuple[str, tuple[int, ...], bytes]]:
        loader.batch_sampler.set_epoch(number)  # type: ignore[union-attr]
        found = []
        for batch in loader:
            for i, clip_id in enumerate(batch.ids):
                target = tuple(batch.targets[i, : batch.target_lengths[i]].tolist())
                found.append((clip_id, target, batch.frames[i, : batch.frame_lengths[i]].numpy().tobytes()))
        return sorted(found)

    data = ClipData(
        entries, prepared, EXTRACTOR, NoAugment(), 4, num_workers=num_workers, recombiner=recombiner, subsampling=2
    )
    loader = data.train_dataloader()
    before = epoch(0)
    assert len(before) == 3 * len(TEXTS)
    plain = {(entry.clip.id, entry.target) for entry in entries}
    assert {(clip_id, target) for clip_id, target, _ in before if clip_id != "clip-4"} < plain
    align_evenly(entries, tmp_path / "a", 1, letters_of(entries))  # while the workers are running
    after = epoch(1)
    assert len(after) == 3 * len(TEXTS)
    assert plain < {(clip_id, target) for clip_id, target, _ in after}
    assert len({target for _, target, _ in after}) > len(TEXTS)
    expected = [
        sequence.target
        for entry in entries
        for earlier in (1, 2)
        if (sequence := recombiner.draw(1, entry, earlier)) is not None
    ]
    assert sorted(target for _, target, _ in after) == sorted([*expected, *(entry.target for entry in entries)])


def test_too_short_sequences_give_way_to_the_clip(store_signals: StoreSignals, tmp_path: Path) -> None:
    prepared, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, TEXTS)
    align_evenly(entries, tmp_path / "a", 0, letters_of(entries))
    data = ClipData(entries, prepared, EXTRACTOR, NoAugment(), 4, recombiner=recombiner, subsampling=1000)
    assert data.train[0, 0, 1][0].target == entries[0].target


def test_the_planned_lengths_are_about_those_of_the_frames(store_signals: StoreSignals, tmp_path: Path) -> None:
    prepared, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, TEXTS)
    align_evenly(entries, tmp_path / "a", 0, letters_of(entries))
    data = ClipData(entries, prepared, EXTRACTOR, NoAugment(), 4, recombiner=recombiner)
    keys = np.array([(index, 1) for index in range(len(entries))])
    planned = data.train.played_lengths(0, keys)
    actual = [len(data.train[0, index, 1][0].frames) for index in range(len(entries))]
    assert planned == pytest.approx(actual, abs=20)


def test_the_newest_alignments_that_apply_are_used(tmp_path: Path) -> None:
    for epoch in (2, 10):
        (tmp_path / f"epoch={epoch:03d}.jsonl").touch()
    assert newest_alignments(tmp_path, 1) is None
    assert newest_alignments(tmp_path, 9) == tmp_path / "epoch=002.jsonl"
    assert newest_alignments(tmp_path, 10) == tmp_path / "epoch=010.jsonl"
    assert newest_alignments(tmp_path / "none", 10) is None


@pytest.mark.parametrize(
    ("modality", "unit", "message"),
    [("audio", "label", "one label a clip; give head=ctc"), ("series", "word", "joins audio and hands.*are of series")],
)
def test_what_cannot_be_recombined_is_refused(modality: str, unit: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_recombinable(modality, unit)


def test_a_new_sequence_is_not_the_clip_that_a_teacher_has_heard(store_signals: StoreSignals, tmp_path: Path) -> None:
    prepared, entries, recombiner = make(store_signals, tmp_path / "a", LETTERS, TEXTS)
    align_evenly(entries, tmp_path / "a", 0, letters_of(entries))
    data = ClipData(entries, prepared, EXTRACTOR, NoAugment(), 4, recombiner=recombiner)
    assert [data.train[0, 0, earlier][0].id for earlier in (0, 1)] == ["clip-0", "clip-0 (recombined)"]
