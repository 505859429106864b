"""Which units may follow each other in a new sequence."""

from pathlib import Path

import numpy as np

from data_prep.manifest import Clip
from recognizers.inference.aligned_clip import AlignedClip
from recognizers.prediction import Word
from recognizers.recombination.unit_pools import Unit, UnitPools

IDS = {"A": (1,), "B": (2,), "YES": (3,), "NO": (4,), "STOP": (5,)}


def aligned(clip: Clip, confidence: float = 1.0) -> AlignedClip:
    texts = (clip.text or "").split()
    words = tuple(Word(text, 0.5 + i, 1.0 + i, confidence) for i, text in enumerate(texts))
    return AlignedClip(clip.id, str(clip.path), clip.text or "", len(texts) + 1.0, words)


def pools_of(clips: list[Clip], confidences: dict[str, float] | None = None) -> UnitPools:
    alignments = {clip.id: aligned(clip, (confidences or {}).get(clip.id, 1.0)) for clip in clips}
    return UnitPools(clips, IDS, alignments)


def drawn(pools: UnitPools, clip_id: str, draws: int = 50, most_units: int | None = None) -> list[list[Unit]]:
    return [pools.draw(clip_id, np.random.default_rng(seed), most_units) for seed in range(draws)]


def clip(name: str, text: str, speaker: str | None = "ann", path: str = "a.wav", **extra: str) -> Clip:
    return Clip(name, Path(path), text=text, speaker=speaker, extra=extra)


def test_letters_replace_letters_and_words_words_of_the_same_speaker() -> None:
    pools = pools_of([clip("1", "A YES B"), clip("2", "NO"), clip("3", "A STOP", speaker="bob")])
    sequences = drawn(pools, "1")
    assert {tuple(len(unit.text) > 1 for unit in units) for units in sequences} == {(False, True, False)}
    assert {unit.text for units in sequences for unit in units} == {"A", "B", "YES", "NO"}
    assert {unit.clip.speaker for units in sequences for unit in units} == {"ann"}


def test_clips_without_a_speaker_stay_within_their_recording() -> None:
    pools = pools_of([clip("1", "YES NO", None, "a.wav"), clip("2", "STOP", None, "b.wav")])
    assert {unit.text for units in drawn(pools, "1") for unit in units} == {"YES", "NO"}
    assert drawn(pools, "2", 1) == [[]]  # nothing else can take its place


def test_speakers_of_other_corpora_are_others() -> None:
    pools = pools_of([clip("1", "YES NO"), clip("2", "STOP STOP", extra_corpus="more")])
    assert {unit.text for units in drawn(pools, "1") for unit in units} == {"YES", "NO"}


def test_uncertain_and_unknown_units_are_not_used_but_replaced() -> None:
    pools = pools_of([clip("1", "YES NO"), clip("2", "STOP"), clip("3", "MAYBE")], {"2": 0.01})
    assert {unit.text for units in drawn(pools, "2") for unit in units} == {"YES", "NO"}
    assert {unit.text for units in drawn(pools, "3") for unit in units} == {"YES", "NO"}


def test_sequences_of_any_length_up_to_the_largest() -> None:
    pools = pools_of([clip("1", "YES"), clip("2", "NO")])
    assert {len(units) for units in drawn(pools, "1", most_units=3)} == {1, 2, 3}


def test_a_unit_reaches_halfway_to_its_neighbours_but_not_beyond_the_margin() -> None:
    [[first, second]] = drawn(pools_of([clip("1", "YES NO")]), "1", 1)
    between = {unit.text: unit.reach(0.4) for unit in (first, second)}
    assert between.items() <= {"YES": (0.1, 1.25), "NO": (1.25, 2.4)}.items()
    narrow = {unit.text: unit.reach(0.1) for unit in (first, second)}
    assert narrow.items() <= {"YES": (0.4, 1.1), "NO": (1.4, 2.1)}.items()
