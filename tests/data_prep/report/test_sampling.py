"""How clips are chosen to represent a corpus."""

from collections.abc import Callable

from data_prep.prepare import Prepared
from data_prep.report.sampling import choose_clips_to_read, choose_varied_clips
from tests.data_prep.report.conftest import clip_of


def test_clips_are_chosen_from_all_splits_and_classes() -> None:
    clips = [clip_of(f"{split}{label}{take}", split, label=label) for split in ("train", "test")
             for label in "abc" for take in range(9 if label == "a" else 2)]  # fmt: skip
    chosen = choose_varied_clips(clips, 6, seed=0)
    assert [clip.split for clip in chosen] == ["train"] * 3 + ["test"] * 3
    assert sorted(str(clip.label) for clip in chosen) == list("aabbcc")
    assert choose_varied_clips(clips, 6, seed=0) == chosen
    assert choose_varied_clips(clips, 6, seed=1) != chosen
    assert len(choose_varied_clips(clips, 99, seed=0)) == len(clips)
    assert choose_varied_clips(clips, 0, seed=0) == []
    assert len(choose_varied_clips(clips, 1, seed=0)) == 1


def test_a_very_large_corpus_is_sampled(prepared_of: Callable[..., Prepared]) -> None:
    prepared = prepared_of([(clip_of(f"c{number:02}"), 3.6) for number in range(20)])

    def choose(seed: int = 0, max_clips: int = 100, max_hours: float = 50.0) -> list[str]:
        return [clip.id for clip in choose_clips_to_read(prepared, seed, max_clips, max_hours)]

    assert choose() == [clip.id for clip in prepared.clips]
    few = choose(max_clips=5)
    assert len(few) == 5
    assert few == sorted(few)
    assert few != choose(seed=1, max_clips=5)
    assert len(choose(max_hours=0.00301)) == 3
    assert len(choose(max_hours=0.0001)) == 1
