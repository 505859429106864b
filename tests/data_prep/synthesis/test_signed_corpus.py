"""The rendered hands and the two demo corpora made of them."""

import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from data_prep.corpora.demo_fingerspelling import LETTERS, DemoFingerspelling, keys_of_text, random_text
from data_prep.corpora.demo_signs import HELD_SIGNS, LABELS, DemoSigns, keys_of_sign
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.synthesis.hand_pose import FINGERS, HANDSHAPES, jitter, joints_from_pose, skeleton
from data_prep.synthesis.recipe import make_missing
from data_prep.synthesis.sign_video import FRAME_RATE_HZ, Key, draw_signer, render_keys, timeline, write_video
from data_prep.synthesis.signed_corpus import CastMember, SignedClip, cast, random_stream, render_clip

SHORT = (Key("fist", hold_s=0.1), Key("open", hold_s=0.1, transition_s=0.2))


def frames_in(path: Path) -> list[np.ndarray]:
    with av.open(path) as container:
        assert container.streams.video[0].average_rate == FRAME_RATE_HZ
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_bones_keep_their_lengths_in_every_pose() -> None:
    hand = skeleton(palm_width=1.05, palm_length=0.97, finger_lengths=(1.1, 0.9, 1.0, 1.02, 0.98))
    rng = np.random.default_rng(0)
    for pose in HANDSHAPES.values():
        joints = joints_from_pose(jitter(pose, rng), hand)
        assert joints.shape == (21, 3)
        chains = joints[1:].reshape(5, 4, 3)
        np.testing.assert_allclose(chains[:, 0], hand.bases_mm)
        np.testing.assert_allclose(np.linalg.norm(np.diff(chains, axis=1), axis=-1), hand.bones_mm)


def test_straight_fingers_point_up_and_curled_ones_come_back_to_the_palm() -> None:
    open_hand, fist = (joints_from_pose(HANDSHAPES[name], skeleton()) for name in ("open", "fist"))
    for finger in range(1, len(FINGERS)):
        base, tip = 1 + 4 * finger, 4 + 4 * finger
        assert open_hand[tip, 1] > open_hand[base, 1] + 60
        assert fist[tip, 1] < fist[base, 1]
        assert fist[tip, 2] > 0, "the fingertip stands on the viewer's side of the palm"


def test_a_timeline_lasts_as_long_as_its_keys_and_starts_and_ends_at_rest() -> None:
    poses = timeline(SHORT, tempo=0.5, rng=np.random.default_rng(0))
    assert poses.shape == (12, 21)  # 0.4 s at half the speed
    steps = np.abs(np.diff(poses, axis=0)).max(axis=1)
    assert steps[0] == steps[-1] == 0
    assert steps.argmax() in (4, 5, 6)


def test_frames_depend_on_the_random_stream_alone() -> None:
    def render(seed: int) -> np.ndarray:
        return render_keys((Key("flat", 0.14),), draw_signer(random_stream(seed, "s"), False), random_stream(seed, "c"))

    frames = render(1)
    assert frames.shape == (2, 256, 256, 3)
    assert frames.dtype == np.uint8
    np.testing.assert_array_equal(frames, render(1))
    assert (frames != render(2)).mean() > 0.5


def test_a_left_handed_signer_is_the_mirror_image() -> None:
    right, left = (
        render_keys((Key("thumb_index", 0.07),), draw_signer(random_stream(0, "s"), handed), random_stream(0, "c"))
        for handed in (False, True)
    )
    np.testing.assert_array_equal(left, right[:, :, ::-1])


def test_close_is_open_backwards() -> None:
    signer = CastMember("train00", "train", left_handed=False)
    clip = Clip("clip", Path("clip.mp4"))
    opening, closing = (render_clip(0, SignedClip(clip, signer, SHORT, backwards)) for backwards in (False, True))
    np.testing.assert_array_equal(closing, opening[::-1])
    for label in ("open", "close"):
        keys = keys_of_sign(label, random_stream(0, "keys"))
        assert [key.handshape for key in keys] == ["fist", "open"]
    assert keys_of_sign("open", random_stream(0, "keys")) == keys_of_sign("close", random_stream(0, "keys"))


def test_a_video_has_its_frames_and_leaves_no_partial_file(tmp_path: Path) -> None:
    frames = render_keys(SHORT, draw_signer(random_stream(3, "s"), True), random_stream(3, "c"))
    write_video(tmp_path / "clip.mp4", frames)
    decoded = frames_in(tmp_path / "clip.mp4")
    assert len(decoded) == len(frames)
    assert np.abs(np.stack(decoded).astype(int) - frames).mean() < 4
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_demo_signs_renders_what_is_missing_and_always_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_prep.corpora.demo_signs.LABELS", ("one", "close"))
    corpus = DemoSigns(tmp_path, train_signers=1, validation_signers=1, test_signers=0, takes=1, num_workers=0)
    clips = corpus.clips()
    assert [(clip.label, clip.split) for clip in clips] == [
        ("one", "train"),
        ("close", "train"),
        ("one", "validation"),
        ("close", "validation"),
    ]
    kept, remade = clips[0].path, clips[1].path
    written, before = kept.stat().st_mtime_ns, remade.read_bytes()
    remade.unlink()
    assert corpus.clips() == clips
    assert kept.stat().st_mtime_ns == written
    assert remade.read_bytes() == before


def test_demo_signs_has_every_label_for_every_signer_in_one_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.synthesis.signed_corpus.make_missing", lambda *_: None)
    clips = DemoSigns("nowhere").clips()
    assert len(clips) == len({clip.id for clip in clips}) == len({clip.path for clip in clips}) == 480
    splits = {clip.speaker: {other.split for other in clips if other.speaker == clip.speaker} for clip in clips}
    assert all(len(of_signer) == 1 for of_signer in splits.values())
    assert {clip.label for clip in clips} == set(LABELS)
    for split in ("train", "validation", "test"):
        assert any(member.left_handed for member in cast({split: 4}))


def test_fingerspelling_shows_every_letter_and_lets_go_between_doubled_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.synthesis.signed_corpus.make_missing", lambda *_: None)
    clips = DemoFingerspelling("nowhere").clips()
    texts = [clip.text or "" for clip in clips]
    assert len(clips) == 288
    assert {len(text) for text in texts} == {3, 4, 5}
    assert set("".join(texts)) == set(LETTERS)
    assert any(a == b for text in texts for a, b in pairwise(text))
    shapes = [key.handshape for key in keys_of_text("LLB", np.random.default_rng(0))]
    assert shapes == ["relaxed", "thumb_index", "relaxed", "thumb_index", "flat", "relaxed"]


def test_random_texts_never_triple_a_letter() -> None:
    rng = np.random.default_rng(0)
    assert not any(3 * letter in random_text(rng) for _ in range(500) for letter in LETTERS)


def test_no_two_signs_or_letters_share_a_handshape() -> None:
    assert len(set(HELD_SIGNS.values())) == len(HELD_SIGNS)
    assert len(set(LETTERS.values())) == len(LETTERS)


def test_fingerspelling_renders_its_frames(tmp_path: Path) -> None:
    settings = {"validation_signers": 0, "test_signers": 0, "clips_per_signer": 1, "num_workers": 0}
    (clip,) = DemoFingerspelling(tmp_path, train_signers=1, **settings).clips()
    assert 1.2 * FRAME_RATE_HZ < len(frames_in(clip.path)) < 6 * FRAME_RATE_HZ


def test_other_settings_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    def make(seed: int) -> None:
        make_missing(tmp_path, {"seed": seed}, [(tmp_path / "a" / "b", "text")], write_text, 0, "making")

    make(1)
    (tmp_path / "a" / "b").write_text("kept")
    make(1)
    assert (tmp_path / "a" / "b").read_text() == "kept"
    with pytest.raises(InputError, match=r"seed 1 \(now 2\).*corpus.root"):
        make(2)
    (tmp_path / "recipe.json").write_text("[]")
    with pytest.raises(InputError, match="not a recipe"):
        make(1)


def test_demo_signs_refuses_a_folder_made_with_another_seed(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text(json.dumps({"corpus": "demo_signs", "seed": 7}))
    with pytest.raises(InputError, match="seed 7"):
        DemoSigns(tmp_path).clips()


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"train_signers": 0}, {"takes": 0}, {"test_signers": -1}])
def test_impossible_settings_of_demo_signs_are_named(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        DemoSigns("nowhere", **wrong)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"train_signers": 0}, {"clips_per_signer": 0}])
def test_impossible_settings_of_demo_fingerspelling_are_named(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        DemoFingerspelling("nowhere", **wrong)


def test_an_unknown_handshape_is_named() -> None:
    with pytest.raises(ValueError, match="no handshape 'paw'"):
        Key("paw", hold_s=1.0)


def write_text(job: tuple[Path, str]) -> None:
    job[0].write_text(job[1])
