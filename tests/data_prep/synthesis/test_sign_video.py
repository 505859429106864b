from pathlib import Path

import numpy as np
import pytest

from data_prep.synthesis.sign_video import Key, build_timeline, draw_signer, render_keys, write_sign_video
from data_prep.synthesis.signed_corpus import random_stream
from tests.data_prep.synthesis.conftest import SHORT, frames_in


def test_a_timeline_has_the_duration_of_its_keys_and_rests_at_both_ends() -> None:
    poses = build_timeline(SHORT, tempo=0.5, rng=np.random.default_rng(0))
    assert poses.shape == (12, 21)  # 0.4 s at half the speed
    steps = np.abs(np.diff(poses, axis=0)).max(axis=1)
    assert steps[0] == steps[-1] == 0
    assert steps.argmax() in (4, 5, 6)


def test_frames_depend_only_on_the_random_generator() -> None:
    def render(seed: int) -> np.ndarray:
        return render_keys((Key("flat", 0.14),), draw_signer(random_stream(seed, "s"), False), random_stream(seed, "c"))

    frames = render(1)
    assert frames.shape == (2, 256, 256, 3)
    assert frames.dtype == np.uint8
    np.testing.assert_array_equal(frames, render(1))
    assert (frames != render(2)).mean() > 0.5


def test_a_left_handed_signer_is_a_mirror_image() -> None:
    right, left = (
        render_keys((Key("thumb_index", 0.07),), draw_signer(random_stream(0, "s"), handed), random_stream(0, "c"))
        for handed in (False, True)
    )
    np.testing.assert_array_equal(left, right[:, :, ::-1])


def test_a_video_contains_its_frames_and_leaves_no_partial_file(tmp_path: Path) -> None:
    frames = render_keys(SHORT, draw_signer(random_stream(3, "s"), True), random_stream(3, "c"))
    write_sign_video(tmp_path / "clip.mp4", frames)
    decoded = frames_in(tmp_path / "clip.mp4")
    assert len(decoded) == len(frames)
    assert np.abs(np.stack(decoded).astype(int) - frames).mean() < 4
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_error_for_an_unknown_handshape() -> None:
    with pytest.raises(ValueError, match="no handshape 'paw'"):
        Key("paw", hold_s=1.0)


def test_error_for_an_impossible_duration() -> None:
    with pytest.raises(ValueError, match=r"fist: hold_s is 0 and transition_s is 0\.0, expected hold_s above 0"):
        Key("fist", hold_s=0)
