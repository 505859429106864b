from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from data_prep.corpora.demo_fingerspelling import LETTERS, DemoFingerspelling, draw_text, keys_for_text
from data_prep.errors import InputError
from data_prep.synthesis.sign_video import FRAME_RATE_HZ
from tests.data_prep.synthesis.conftest import frames_in


def test_every_letter_occurs_and_the_hand_relaxes_between_equal_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.synthesis.signed_corpus.make_missing", lambda *_: None)
    clips = DemoFingerspelling("nowhere").clips()
    texts = [clip.text or "" for clip in clips]
    assert len(clips) == 288
    assert {len(text) for text in texts} == {3, 4, 5}
    assert set("".join(texts)) == set(LETTERS)
    assert any(a == b for text in texts for a, b in pairwise(text))
    shapes = [key.handshape for key in keys_for_text("LLB", np.random.default_rng(0))]
    assert shapes == ["relaxed", "thumb_index", "relaxed", "thumb_index", "flat", "relaxed"]


def test_no_letter_occurs_three_times_in_a_row() -> None:
    rng = np.random.default_rng(0)
    assert not any(3 * letter in draw_text(rng) for _ in range(500) for letter in LETTERS)


def test_no_two_letters_share_a_handshape() -> None:
    assert len(set(LETTERS.values())) == len(LETTERS)


def test_a_video_lasts_as_long_as_its_letters_take(tmp_path: Path) -> None:
    settings = {"validation_signers": 0, "test_signers": 0, "clips_per_signer": 1, "num_workers": 0}
    (clip,) = DemoFingerspelling(tmp_path, train_signers=1, **settings).clips()
    assert 1.2 * FRAME_RATE_HZ < len(frames_in(clip.path)) < 6 * FRAME_RATE_HZ


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"train_signers": 0}, {"clips_per_signer": 0}])
def test_error_for_an_impossible_setting_names_it(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        DemoFingerspelling("nowhere", **wrong)
