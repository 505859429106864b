"""Hands go through their components and come back; absent hands stay absent."""

import numpy as np
import torch

from recognizers.head.generation_space import HAND_FEATURES, HAND_VALUES, HandSpace


def clips_of(rank: int, seed: int = 0) -> list[np.ndarray]:
    """Clips of one hand whose values move in a space of few dimensions."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(rank, HAND_VALUES))
    clips = []
    for length in (20, 30):
        values = np.cumsum(rng.normal(size=(length, rank)), axis=0) @ directions + 3.0
        clips.append(np.concatenate([values, np.ones((length, 1))], axis=1).astype(np.float32))
    return clips


def test_as_many_components_as_dimensions_lose_nothing() -> None:
    space = HandSpace(1, 4)
    clips = clips_of(4)
    space.learn(clips)
    frames = torch.from_numpy(np.concatenate(clips))[None]
    components, present = space.encode(frames)
    assert components.shape == (1, 50, 1, 4)
    torch.testing.assert_close(space.decode(components, present), frames, atol=1e-2, rtol=1e-3)
    torch.testing.assert_close(components.mean(dim=1), torch.zeros(1, 1, 4), atol=1e-3, rtol=0)
    torch.testing.assert_close(components.std(dim=1, correction=0), torch.ones(1, 1, 4), atol=1e-3, rtol=0)


def test_steps_are_the_deviations_of_changes_within_clips() -> None:
    space = HandSpace(1, 2)
    clips = clips_of(2)
    space.learn(clips)
    changes = [space.encode(torch.from_numpy(clip)[None])[0][0, :, 0].diff(dim=0) for clip in clips]
    torch.testing.assert_close(space.step[0], (torch.cat(changes) ** 2).mean(dim=0).sqrt(), atol=1e-4, rtol=1e-4)


def test_an_absent_hand_has_components_and_frames_of_0_and_teaches_nothing() -> None:
    space = HandSpace(2, 3)
    other = clips_of(3)[1]
    absent = np.zeros_like(other)
    space.learn([np.concatenate([other, absent], axis=1)])
    assert not space.basis[1].any()
    components, present = space.encode(torch.from_numpy(np.concatenate([other, absent], axis=1))[None])
    assert present[0, :, 0].all()
    assert not present[0, :, 1].any()
    assert not components[0, :, 1].any()
    assert not space.decode(components, present)[..., HAND_FEATURES:].any()


def test_without_clips_nothing_is_learned() -> None:
    space = HandSpace(1, 3)
    space.learn([])
    assert not space.basis.any()
