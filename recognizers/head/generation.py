"""Generation: a label or a text becomes a sequence of hand keypoints (one-to-many)."""

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.batch import length_mask
from recognizers.head.generation_mixture import Mixture
from recognizers.head.generation_past import Past, past_of
from recognizers.head.generation_space import HAND_FEATURES, HAND_VALUES, HandSpace
from recognizers.head.generation_style import Style
from recognizers.head.generation_window import Window
from recognizers.vocabulary import Vocabulary

#: Components of a drawn hand are kept within this many deviations, so that no error can grow without bounds.
LARGEST_COMPONENT = 6.0
#: Largest sizes; larger ones are a mistake, or a hostile bundle that is meant to exhaust the memory.
MOST = {"components": HAND_VALUES, "mixtures": 100, "style": 1000, "hidden_size": 10_000}
#: Width of an embedded symbol.
EMBEDDING = 64


class State(NamedTuple):
    """What the network remembers from frame to frame: the states of both LSTMs, and the position of the window."""

    lower: tuple[torch.Tensor, torch.Tensor] | None
    upper: tuple[torch.Tensor, torch.Tensor] | None
    position: torch.Tensor

    @classmethod
    def start(cls, like: torch.Tensor) -> "State":
        """Return the state before the first frame of N clips, on the device of a tensor (N, ...)."""
        return cls(None, None, torch.zeros(len(like), device=like.device))


class Symbols(NamedTuple):
    """The embedded target of each clip, (N, L, E), its number of symbols, (N,), and their mean, (N, E)."""

    embedded: torch.Tensor
    lengths: torch.Tensor
    mean: torch.Tensor


class Generation(nn.Module):
    """Two LSTM layers that draw one frame after the other, given a target, a style and the frames before.

    The output is that of Graves (2013): for each frame a mixture of Gaussians over the change of the hands' components
    (see `HandSpace`), the probability that each hand is present, and the probability that the clip ends here. A hand
    that was not seen yet has a place instead of a change. The style, one vector for the clip (see `Style`), lets the
    network plan a movement as a whole, as in sketch-rnn (Ha & Eck, 2018).

    It is no `Head`: there is no encoder below it, because frames are what it gives.

    Args:
        num_inputs: Width F of the frames: 67 for one hand, 134 for two.
        vocabulary: Labels, or the characters or words of texts.
        unit: "label", "character" or "word": the unit of the vocabulary that is made from the training clips.
        components: Number K of principal components for each hand.
        mixtures: Number M of Gaussians.
        style: Width S of the style.
        hidden_size: Width of each LSTM.
        dropout: Dropout after each LSTM.
        input_noise: Deviation of the noise added to the frames before in training, in mean steps from frame to frame.
            The network then learns to come back from its own errors.
        input_dropout: Share of the frames before that are hidden in training, so that the network relies on target and
            style (Bowman et al., 2016).
        style_weight: Weight of the divergence of styles from a normal distribution.

    Raises:
        InputError: A setting is out of range, or frames of that width hold no hands.
    """

    #: Frames that one step of the network gives; an encoder may make one of several.
    subsampling: ClassVar[int] = 1

    def __init__(
        self,
        num_inputs: int,
        vocabulary: Vocabulary,
        unit: Literal["label", "character", "word"] = "label",
        components: int = 20,
        mixtures: int = 5,
        style: int = 16,
        hidden_size: int = 192,
        dropout: float = 0.1,
        input_noise: float = 0.5,
        input_dropout: float = 0.3,
        style_weight: float = 1.0,
    ) -> None:
        super().__init__()
        _check_settings(unit, dropout, input_noise, input_dropout, style_weight)
        _check_sizes(components=components, mixtures=mixtures, style=style, hidden_size=hidden_size)
        if vocabulary.unit != unit:
            raise InputError(f"head: generation has the unit {unit}, but a vocabulary of {vocabulary.unit}s")
        if num_inputs not in (HAND_FEATURES, 2 * HAND_FEATURES):
            raise InputError(
                f"head: generation draws one hand ({HAND_FEATURES} features a frame) or two ({2 * HAND_FEATURES}); "
                f"found {num_inputs}. Give features=hand_keypoints features.velocity=false, without a pose_model"
            )
        self.vocabulary = vocabulary
        self.mixtures = mixtures
        self.input_noise = input_noise
        self.input_dropout = input_dropout
        self.style_weight = style_weight
        self.space = HandSpace(num_inputs // HAND_FEATURES, components)
        num_hands, drawn = self.space.num_hands, self.space.num_hands * components  # P, D = P K
        self.embed = nn.Embedding(vocabulary.num_ids, EMBEDDING)
        self.style = Style(drawn + num_hands + EMBEDDING, hidden_size, style)
        num_known = drawn + 2 * num_hands + style + EMBEDDING
        self.lower = nn.LSTM(num_known, hidden_size, batch_first=True)
        self.window = Window(hidden_size)
        self.upper = nn.LSTM(num_known + hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        num_outputs = mixtures * (1 + 2 * drawn) + num_hands + 1
        self.linear = nn.Linear(2 * hidden_size + EMBEDDING + 1, num_outputs)

    def required_frames(self, target: Sequence[int]) -> int:
        """Return 1: a clip of a single frame can be learned too."""
        return 1

    def learn_scale(self, clips: Iterable[np.ndarray]) -> None:
        """Learn the components of the hands from the frames of training clips, each (T, F)."""
        self.space.learn(clips)

    def losses(
        self, frames: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """(N, T, F), (N,), (N, L), (N,) -> loss of each clip per frame, (N,), in nats.

        It is the negative log-likelihood of the components of the hands that are present, of their presence and of the
        end, given the style that was read from the clip; plus the weighted divergence of that style.
        """
        components, present = self.space.encode(frames)  # (N, T, P, K), (N, T, P)
        past = past_of(components, present)
        shown = past
        if self.training:
            past = self._disturbed(past)
            shown = self._partly_hidden(past)
        symbols = self._symbols(targets, target_lengths)
        seen = [components.flatten(2), present.float(), _repeat(symbols.mean, frames.shape[1])]
        style, divergence = self.style(torch.cat(seen, dim=-1), lengths)
        outputs, _ = self._unroll(shown, symbols, style, State.start(frames))
        mixture, presence, end = self._distributions(outputs)
        mask = present[..., None].expand_as(components).flatten(2)  # (N, T, D)
        log_probs = mixture.log_prob(self._relative(components, past).flatten(2), mask)
        log_probs = log_probs - _cross_entropy(presence, present.float()).sum(dim=-1)
        is_last = torch.arange(frames.shape[1], device=frames.device) == lengths.to(frames.device)[:, None] - 1
        log_probs = log_probs - _cross_entropy(end, is_last.float())  # (N, T)
        own = length_mask(lengths, frames)
        return (self.style_weight * divergence - torch.where(own, log_probs, 0.0).sum(dim=1)) / own.sum(dim=1)

    def loss(
        self, frames: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """The mean of `losses` over clips, a scalar."""
        return self.losses(frames, lengths, targets, target_lengths).mean()

    @torch.no_grad()
    def draw(
        self, target: Sequence[int], rng: torch.Generator, temperature: float = 1.0, max_frames: int = 300
    ) -> np.ndarray:
        """Draw a clip, frame by frame, until it ends; `eval` must have been called.

        The first frame shows a hand, so that no clip is without.

        Args:
            target: Symbol ids.
            rng: Source of random numbers; equal ones give equal clips.
            temperature: Factor of the deviations that are drawn in each frame; below 1, clips are smoother. With 0,
                clips differ by their styles alone.
            max_frames: Number of frames after which a clip ends in any case.

        Returns:
            (T, F) float32.

        Raises:
            InputError: The weights are damaged.
        """
        symbols = self._symbols(torch.tensor([list(target)]), torch.tensor([len(target)]))
        style = torch.randn(1, self.style.num_outputs, generator=rng)
        nothing = torch.zeros(1, 1, self.space.num_hands, dtype=torch.bool)
        past = Past(torch.zeros(1, 1, self.space.num_hands, self.space.components), nothing, nothing)
        state = State.start(past.components)
        drawn: list[np.ndarray] = []
        for _ in range(max_frames):
            outputs, state = self._unroll(past, symbols, style, state)
            if not outputs.isfinite().all():
                raise InputError(
                    "the generator gives numbers that are not finite: its weights are damaged; train again"
                )
            past, ends = self._draw_frame(outputs, past, temperature, rng)
            drawn.append(self.space.decode(past.components, past.present)[0, 0].numpy())
            if ends:
                break
        return np.stack(drawn)

    def _draw_frame(
        self, outputs: torch.Tensor, past: Past, temperature: float, rng: torch.Generator
    ) -> tuple[Past, bool]:
        """Outputs (1, 1, O) and the past of a frame -> the past of the next one, and whether the clip has ended."""
        mixture, presence, end = self._distributions(outputs)
        change = mixture.draw(temperature, rng).view_as(past.components)
        present = torch.rand(presence.shape, generator=rng) < presence.sigmoid()  # (1, 1, P)
        if not past.known.any():  # this is the first frame
            present |= presence == presence.max()
        components = self._absolute(change, past).clamp(-LARGEST_COMPONENT, LARGEST_COMPONENT)
        components = torch.where(present[..., None], components, past.components)
        ends = bool(torch.rand(1, generator=rng) < end.sigmoid())
        return Past(components, present, past.known | present), ends

    def _disturbed(self, past: Past) -> Past:
        """Move hands a little from where they were."""
        noise = self.input_noise * self.space.step * torch.randn_like(past.components)
        return past._replace(components=past.components + noise * past.known[..., None])

    def _partly_hidden(self, past: Past) -> Past:
        """Hide where hands were in some frames."""
        shown = torch.rand_like(past.components[..., :1, :1]) >= self.input_dropout  # (N, T, 1, 1)
        return past._replace(components=past.components * shown)

    def _symbols(self, targets: torch.Tensor, lengths: torch.Tensor) -> Symbols:
        embedded = self.embed(targets)  # (N, L, E)
        inside = length_mask(lengths, targets)[..., None]
        return Symbols(embedded, lengths.to(embedded.device), (embedded * inside).sum(dim=1) / inside.sum(dim=1))

    def _unroll(self, past: Past, symbols: Symbols, style: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Compute outputs (N, T, O) for frames whose past is known, and the state after the last of them."""
        steps = past.present.shape[1]
        inputs = [past.components.flatten(2), past.present.float(), past.known.float(), _repeat(style, steps)]
        lower, lower_state = self.lower(torch.cat([*inputs, _repeat(symbols.mean, steps)], dim=-1), state.lower)
        lower = self.dropout(lower)
        read, position = self.window(lower, symbols.embedded, symbols.lengths, state.position)
        upper, upper_state = self.upper(torch.cat([*inputs, read, lower], dim=-1), state.upper)
        left = (symbols.lengths[:, None] - position).clamp(-5, 5)[..., None]
        outputs = self.linear(torch.cat([lower, self.dropout(upper), read, left], dim=-1))
        return outputs.float(), State(lower_state, upper_state, position[:, -1])

    def _distributions(self, outputs: torch.Tensor) -> tuple[Mixture, torch.Tensor, torch.Tensor]:
        """Outputs (N, T, O) -> mixture, and the logits of presence (N, T, P) and of the end (N, T)."""
        num_hands = self.space.num_hands
        mixture, presence, end = outputs.split([outputs.shape[-1] - num_hands - 1, num_hands, 1], dim=-1)
        return Mixture.of(mixture, self.mixtures), presence, end.squeeze(-1)

    def _relative(self, components: torch.Tensor, past: Past) -> torch.Tensor:
        """Turn components (N, T, P, K) into changes, in mean steps; those of new hands stay as they are."""
        return torch.where(past.known[..., None], (components - past.components) / self.space.step, components)

    def _absolute(self, changes: torch.Tensor, past: Past) -> torch.Tensor:
        """The inverse of `_relative`."""
        return torch.where(past.known[..., None], past.components + changes * self.space.step, changes)


def _repeat(values: torch.Tensor, steps: int) -> torch.Tensor:
    """(N, E) -> (N, T, E)."""
    return values[:, None].expand(-1, steps, -1)


def _cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def _check_settings(unit: str, dropout: float, input_noise: float, input_dropout: float, style_weight: float) -> None:
    if unit not in ("label", "character", "word"):
        raise InputError(f"head: unit must be label, character or word; found {unit!r}")
    if not 0 <= dropout < 1 or not 0 <= input_dropout < 1:
        raise InputError(
            "head: dropout and input_dropout must be from 0 to below 1; "
            f"found dropout {dropout!r}, input_dropout {input_dropout!r}"
        )
    if not 0 <= input_noise < math.inf or not 0 <= style_weight < math.inf:
        raise InputError(
            "head: input_noise and style_weight must be 0 or more; "
            f"found input_noise {input_noise!r}, style_weight {style_weight!r}"
        )


def _check_sizes(**sizes: int) -> None:
    for name, value in sizes.items():
        most = MOST[name]
        if type(value) is not int or not 1 <= value <= most:
            raise InputError(f"head: {name} must be a whole number from 1 to {most}; found {value!r}")
