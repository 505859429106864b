import numpy as np
import pytest

from data_prep.features.hand_identity import HandIdentities
from tests.data_prep.features.test_hand_keypoints import open_hand

RATE_HZ = 30.0
PALM = 0.1


def hand(x: float, y: float = 0.5, left: bool = False) -> np.ndarray:
    """(2, 21, 3): an open hand with its wrist at a place of the picture; a left one is mirrored."""
    shape = open_hand() * ([-1, 1, 1] if left else [1, 1, 1])
    return np.stack([PALM * shape + [x, y, 0], 0.09 * shape]).astype(np.float32)


def places(frames: list[list[np.ndarray]], rate_hz: float = RATE_HZ) -> np.ndarray:
    """(T, 2): the wrists' x at each place."""
    identities = HandIdentities()
    placed = np.stack([identities.assign(found, number / rate_hz) for number, found in enumerate(frames)])
    assert placed.shape == (len(frames), 2, 2, 21, 3)
    assert placed.dtype == np.float32
    return placed[:, :, 0, 0, 0]


def shuffled(tracks: np.ndarray, seen: np.ndarray | None = None, seed: int = 0) -> list[list[np.ndarray]]:
    """Detections in any order: of a left hand along tracks[:, 0] and of a right one along tracks[:, 1]."""
    rng = np.random.default_rng(seed)
    frames = []
    for number, xs in enumerate(tracks):
        both = [hand(x, left=index == 0) for index, x in enumerate(xs) if seen is None or seen[number, index]]
        frames.append([both[i] for i in rng.permutation(len(both))])
    return frames


def assert_kept(tracks: np.ndarray, found: np.ndarray) -> None:
    """Each hand stands at one place throughout."""
    there = ~np.isnan(found)
    assert there.any()
    straight, crossed = (np.abs(np.where(there, found - each, 0)).max() for each in (tracks, tracks[:, ::-1]))
    assert min(straight, crossed) < 1e-6


@pytest.mark.parametrize(
    "frames",
    [
        [(0.2, 0.8), (0.22, 0.78), (0.25, 0.75)],
        [(0.2, 0.8), (0.78, 0.22), (0.25, 0.75)],
        [(0.2, 0.8), (0.78,), (0.25, 0.75)],
        [(0.2, 0.8), (), (0.75, 0.25)],
        [(0.2,), (0.22,), (0.8, 0.25), (0.27,), (0.75,)],
        [(0.2,), (0.22, 0.8), (0.78,), (0.25, 0.75)],
    ],
)
def test_a_hand_keeps_its_index_from_frame_to_frame(frames: list[tuple[float, ...]]) -> None:
    found = places([[hand(x) for x in xs] for xs in frames])
    for xs, (left, right) in zip(frames, found, strict=True):
        assert np.isnan(left) == (not any(x < 0.5 for x in xs))
        assert np.isnan(right) == (not any(x > 0.5 for x in xs))
        assert np.isnan(left) or left < 0.5
        assert np.isnan(right) or right > 0.5


times_s = np.arange(30) / RATE_HZ
CROSSING = np.stack([0.2 + 0.6 * times_s, 0.81 - 0.6 * times_s], axis=1)
CLAPPING = 0.5 + np.abs(np.sin(9 * times_s))[:, None] * [-0.2, 0.2] + [-0.03, 0.03]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tracks", [CROSSING, CLAPPING], ids=["crossing", "clapping"])
def test_hands_that_meet_do_not_swap(tracks: np.ndarray, seed: int) -> None:
    assert_kept(tracks, places(shuffled(tracks, seed=seed)))


@pytest.mark.parametrize("seed", range(5))
def test_hands_that_cross_while_one_is_hidden_do_not_swap(seed: int) -> None:
    seen = np.ones((30, 2), bool)
    seen[13:17, 0] = False
    assert_kept(CROSSING, places(shuffled(CROSSING, seen, seed)))


def test_similar_hands_that_cross_are_told_apart_by_their_motion() -> None:
    found = places([[hand(x) for x in sorted(xs)] for xs in CROSSING])
    assert_kept(CROSSING, found)


def test_a_hand_that_returns_elsewhere_keeps_its_index() -> None:
    tracks = np.stack([np.where(times_s < 0.3, 0.3, 0.45), np.full(30, 0.9)], axis=1)
    seen = np.ones((30, 2), bool)
    seen[9:20, 0] = False
    assert_kept(tracks, places(shuffled(tracks, seen)))


def test_a_detection_too_far_away_is_another_hand() -> None:
    found = places([[hand(0.3)], [hand(0.3)], [hand(0.75)], [hand(0.3)]])
    np.testing.assert_array_equal(np.isnan(found), [[False, True], [False, True], [True, False], [False, True]])


def test_a_single_hand_may_be_lost_and_found_nearby() -> None:
    found = places([[hand(0.3)], *[[] for _ in range(20)], [hand(0.7)]])
    np.testing.assert_allclose(found[[0, -1], 0], [0.3, 0.7], atol=1e-6)


def test_a_hand_found_twice_counts_once() -> None:
    found = places([[hand(0.3), hand(0.305)], [hand(0.31), hand(0.30)], [hand(0.31), hand(0.6)]])
    np.testing.assert_array_equal(np.isnan(found), [[False, True], [False, True], [False, False]])
