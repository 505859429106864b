import numpy as np

from data_prep.synthesis.signed_corpus import CastMember, SignedClip, cast_signers, render_clip
from tests.data_prep.synthesis.conftest import SHORT


def test_a_clip_is_played_backwards_on_request() -> None:
    signer = CastMember("train00", "train", left_handed=False)
    forwards, backwards = (render_clip(0, SignedClip("clip", signer, SHORT, backwards=b)) for b in (False, True))
    np.testing.assert_array_equal(backwards, forwards[::-1])


def test_every_split_has_left_handed_signers() -> None:
    for split in ("train", "validation", "test"):
        assert any(member.left_handed for member in cast_signers({split: 4}))
