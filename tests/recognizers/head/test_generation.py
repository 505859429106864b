"""Generation: likelihoods do not depend on padding or batches, unrolling is exact, and what is learned is drawn."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from recognizers.batch import Batch, Example
from recognizers.head.generation import Generation, State
from recognizers.head.generation_past import past_of
from recognizers.head.generation_space import HAND_FEATURES
from recognizers.vocabulary import Vocabulary

LABELS = Vocabulary("label", ("left", "right"))
LETTERS = Vocabulary("character", ("l", "r"))
SMALL = {
    "components": 3,
    "mixtures": 2,
    "style": 2,
    "hidden_size": 16,
    "dropout": 0.0,
    "input_noise": 0.3,
    "input_dropout": 0.1,
}


def sweep(directions: str, rng: np.random.Generator, steps: int = 6) -> np.ndarray:
    """Frames (T, 67) of a hand that moves left or right, once for each letter, in steps of about 0.2 palm lengths."""
    shape = np.random.default_rng(1).normal(0, 0.5, 63)  # the same hand in all clips
    moves = np.repeat([-1.0 if each == "l" else 1.0 for each in directions], steps + rng.integers(0, 3))
    position = np.cumsum(0.2 * moves + rng.normal(0, 0.02, len(moves)))
    frames = np.zeros((len(moves), HAND_FEATURES), np.float32)
    frames[:, :63] = shape + rng.normal(0, 0.01, (len(moves), 63))
    frames[:, 63] = position
    frames[:, 66] = 1.0
    return frames


def batch_of(clips: list[np.ndarray], targets: list[list[int]]) -> Batch:
    pairs = enumerate(zip(clips, targets, strict=True))
    return Batch.from_examples([Example(str(number), clip, target) for number, (clip, target) in pairs])


def losses_of(network: Generation, batch: Batch) -> torch.Tensor:
    return network.losses(batch.frames, batch.frame_lengths, batch.targets, batch.target_lengths).detach()


@pytest.fixture
def two_handed() -> tuple[Generation, list[np.ndarray]]:
    """A network with fresh weights, and clips of two hands, of which one or the other is absent at times."""
    rng = np.random.default_rng(0)
    clips = []
    for length in (9, 5, 7):
        hands = rng.normal(size=(length, 2, HAND_FEATURES)).astype(np.float32)
        hands[..., -1] = rng.random((length, 2)) < 0.7
        hands[0, 0, -1] = 1
        hands[..., :-1] *= hands[..., -1:]
        clips.append(hands.reshape(length, -1))
    network = Generation(2 * HAND_FEATURES, LETTERS, "character", **SMALL)
    network.learn_scale(clips)
    return network.eval(), clips


def test_losses_do_not_depend_on_padding_or_other_clips(two_handed: tuple[Generation, list[np.ndarray]]) -> None:
    network, clips = two_handed
    targets = [[1, 2, 2], [2], [1, 1]]
    together = losses_of(network, batch_of(clips, targets))
    alone = [losses_of(network, batch_of([clip], [target])) for clip, target in zip(clips, targets, strict=True)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=1e-5)


def test_unrolling_frame_by_frame_equals_the_pass_over_all_frames(
    two_handed: tuple[Generation, list[np.ndarray]],
) -> None:
    network, clips = two_handed
    batch = batch_of(clips[:1], [[1, 2]])
    past = past_of(*network.space.encode(batch.frames))
    symbols, style = network._symbols(batch.targets, batch.target_lengths), torch.randn(1, 2)
    state = State.start(batch.frames)
    whole, _ = network._unroll(past, symbols, style, state)
    for frame in range(len(clips[0])):
        now = type(past)(*(each[:, frame : frame + 1] for each in past))
        outputs, state = network._unroll(now, symbols, style, state)
        torch.testing.assert_close(outputs[:, 0], whole[:, frame], atol=1e-5, rtol=1e-5)


def test_the_order_of_frames_matters(two_handed: tuple[Generation, list[np.ndarray]]) -> None:
    network, clips = two_handed
    forwards, backwards = losses_of(network, batch_of([clips[0], clips[0][::-1].copy()], [[1], [1]]))
    assert abs(float(forwards - backwards)) > 1e-3


def trained(vocabulary: Vocabulary, clips: list[np.ndarray], targets: list[list[int]], steps: int) -> Generation:
    network = Generation(HAND_FEATURES, vocabulary, vocabulary.unit, **SMALL)
    network.learn_scale(clips)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    batch = batch_of(clips, targets)
    first = float(losses_of(network, batch).mean())
    for _ in range(steps):
        loss = network.loss(batch.frames, batch.frame_lengths, batch.targets, batch.target_lengths)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert float(loss.detach()) < first - 1
    return network.eval()


def travelled(frames: np.ndarray) -> float:
    return float(frames[-1, 63] - frames[0, 63])


@pytest.fixture(scope="module")
def sweeper() -> Generation:
    """A network that has learned to move a hand to the left or to the right for 6 to 8 frames."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    names = ["l", "r"] * 16
    return trained(LABELS, [sweep(name, rng) for name in names], [["lr".index(name)] for name in names], 200)


def draws(network: Generation, target: list[int], count: int, temperature: float = 1.0) -> list[np.ndarray]:
    return [network.draw(target, torch.Generator().manual_seed(seed), temperature, 60) for seed in range(count)]


def test_drawn_clips_do_what_their_label_says_for_as_long_as_the_clips_it_learned(sweeper: Generation) -> None:
    for target, sign in ((0, -1), (1, 1)):
        drawn = draws(sweeper, [target], 10)
        assert all(0.2 < sign * travelled(clip) < 2.5 for clip in drawn)
        assert 5.5 < np.mean([len(clip) for clip in drawn]) < 8.5
        assert all((clip[:, -1] == 1).all() for clip in drawn)


def test_two_draws_differ_and_equal_seeds_give_equal_clips(sweeper: Generation) -> None:
    first, second = draws(sweeper, [0], 2)
    assert first.shape != second.shape or not np.allclose(first, second)
    np.testing.assert_array_equal(first, draws(sweeper, [0], 1)[0])


def test_without_temperature_clips_are_smoother_and_differ_by_their_styles(sweeper: Generation) -> None:
    def roughness(temperature: float) -> float:
        return float(
            np.mean([np.abs(np.diff(clip[:4, :63], 2, axis=0)).mean() for clip in draws(sweeper, [1], 20, temperature)])
        )

    assert roughness(0.0) < roughness(0.5) < roughness(2.0)
    first, second = draws(sweeper, [1], 2, 0.0)
    assert not np.allclose(first[0], second[0])


def test_a_text_is_drawn_symbol_by_symbol() -> None:
    rng = np.random.default_rng(0)
    texts = ["lr", "rl", "ll", "rr"] * 8
    network = trained(LETTERS, [sweep(text, rng) for text in texts], [LETTERS.encode(text) for text in texts], 400)
    for text in ("lr", "rl"):
        sign = -1 if text[0] == "l" else 1
        turns = [int(np.argmax(sign * clip[:, 63])) for clip in draws(network, LETTERS.encode(text), 8, 0.5)]
        lengths = [len(clip) for clip in draws(network, LETTERS.encode(text), 8, 0.5)]
        assert all(3 <= turn <= length - 3 for turn, length in zip(turns, lengths, strict=True))


def test_a_clip_ends_at_the_limit_and_shows_a_hand_at_once() -> None:
    network = Generation(2 * HAND_FEATURES, LABELS, **SMALL).eval()
    with torch.no_grad():
        network.linear.bias[-3:] = torch.tensor([-30.0, -20.0, -30.0])  # no hand is ever present, and no end
    drawn = network.draw([0], torch.Generator().manual_seed(0), max_frames=4).reshape(4, 2, HAND_FEATURES)
    assert drawn[..., -1].tolist() == [[0, 1], [0, 0], [0, 0], [0, 0]]


def test_damaged_weights_are_reported() -> None:
    network = Generation(HAND_FEATURES, LABELS, **SMALL).eval()
    with torch.no_grad():
        network.linear.bias[0] = torch.nan
    with pytest.raises(InputError, match="its weights are damaged; train again"):
        network.draw([0], torch.Generator())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Generation(13, LABELS), r"one hand \(67 features a frame\) or two \(134\); found 13. Give features="),
        (lambda: Generation(67, LETTERS), "generation has the unit label, but a vocabulary of characters"),
        (lambda: Generation(67, LABELS, "gloss"), "unit must be label, character or word; found 'gloss'"),  # type: ignore[arg-type]
        (lambda: Generation(67, LABELS, components=67), "components must be a whole number from 1 to 66; found 67"),
        (lambda: Generation(67, LABELS, mixtures=0), "mixtures must be a whole number from 1 to 100; found 0"),
        (lambda: Generation(67, LABELS, hidden_size=0.5), "hidden_size must be a whole number .*; found 0.5"),  # type: ignore[arg-type]
        (
            lambda: Generation(67, LABELS, dropout=1),
            "dropout and input_dropout must be from 0 to below 1; found dropout 1",
        ),
        (lambda: Generation(67, LABELS, input_noise=-1), "input_noise and style_weight must be 0 or more; found .* -1"),
        (lambda: Generation(67, LABELS, style=0), "style must be a whole number from 1 to 1000; found 0"),
    ],
)
def test_settings_out_of_range_are_refused(make: Callable[[], Generation], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
