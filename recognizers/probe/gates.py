"""Gates: what a recurrent layer keeps, takes in and shows over one clip, and which units switch at boundaries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import Frames
from recognizers.encoder.encoder import Encoder
from recognizers.probe.boundaries import Boundaries, near_boundaries
from recognizers.probe.layer_trace import Direction, Trace, layers_of, recurrent_encoder, trace_encoder

#: A step this close to a boundary counts as being at it: CTC and voice activity place boundaries no more exactly.
NEAR_S = 0.06
#: Units that are drawn, and whose movement is compared with that of all.
TOP_UNITS = 16


@dataclass(frozen=True)
class ProbedClip:
    """A clip with what is known of it.

    Attributes:
        id: Its id.
        frames: Its frames.
        boundaries: Where words, speech or signs begin and end.
    """

    id: str
    frames: Frames
    boundaries: Boundaries


@dataclass(frozen=True)
class Gates:
    """The inside of one direction of a recurrent layer over one clip.

    Attributes:
        clip: Id of the clip.
        cell: "lstm", "gru" or "rnn".
        layer: Number of the layer, from 1.
        direction: "forward" or "backward".
        trace: Gates, state and outputs of all units.
        step_s: Duration of an encoded step in seconds.
        boundaries: The boundaries in the clip.
        units: All units; first those whose state moves most at boundaries compared with elsewhere.
        switching: For each of `units`, its mean movement at boundaries divided by that elsewhere, over the clips by
            which the units are sorted; empty if there are no boundaries, and units are sorted by their movement.
        ranked_clips: Number of these clips; the shown clip is not among them unless it is the only one.
        tested_clips: Number of other clips, by which the first units are compared with all.
        top_ratio: The same ratio for the first `TOP_UNITS` together, over the tested clips; None without boundaries.
        all_ratio: The same for all units together.
    """

    clip: str
    cell: Literal["lstm", "gru", "rnn"]
    layer: int
    direction: Direction
    trace: Trace
    step_s: float
    boundaries: Boundaries
    units: tuple[int, ...]
    switching: tuple[float, ...]
    ranked_clips: int
    tested_clips: int
    top_ratio: float | None
    all_ratio: float | None


def measure_gates(
    encoder: Encoder,
    shown: ProbedClip,
    others: Sequence[ProbedClip],
    layer: int = 1,
    direction: Direction = "forward",
) -> Gates:
    """Trace a layer over a clip, and sort its units by how much they switch at boundaries.

    A unit's movement is the absolute difference of its state between two steps. Units are sorted by one half of the
    other clips; how much the first ones switch is measured on the second half and the shown clip, so that units which
    switched by chance do not count.

    Args:
        encoder: The encoder, in inference mode.
        shown: The clip to trace.
        others: Other clips, to sort the units by.
        layer: Number of the layer, from 1.
        direction: Direction of the layer.

    Raises:
        InputError: The encoder has no such layer, or the layer no such direction.
    """
    check_layer(encoder, layer, direction)
    cell = layers_of(recurrent_encoder(encoder))[layer - 1].mode
    step_s = encoder.subsampling / shown.frames.frame_rate_hz
    trace = trace_encoder(encoder, shown.frames.values)[layer - 1][direction]
    of_shown = _movement(trace, shown.boundaries, step_s)
    movements = [
        _movement(trace_encoder(encoder, clip.frames.values)[layer - 1][direction], clip.boundaries, step_s)
        for clip in others
    ]
    ranked = movements[::2] or [of_shown]
    tested = [*movements[1::2], of_shown]
    ratios = _ratio(ranked)
    by = ratios if ratios is not None else np.abs(np.diff(trace.state, axis=0)).sum(axis=0)
    units = np.argsort(-by, kind="stable")
    first = units[:TOP_UNITS]
    return Gates(
        clip=shown.id,
        cell=_cell(cell),
        layer=layer,
        direction=direction,
        trace=trace,
        step_s=step_s,
        boundaries=shown.boundaries,
        units=tuple(units.tolist()),
        switching=() if ratios is None else tuple(ratios[units].tolist()),
        ranked_clips=len(ranked),
        tested_clips=len(tested),
        top_ratio=None if ratios is None else _pooled_ratio(tested, first),
        all_ratio=None if ratios is None else _pooled_ratio(tested, units),
    )


def check_layer(encoder: Encoder, layer: int, direction: Direction) -> None:
    """Check that an encoder has a layer and a direction.

    Raises:
        InputError: It has not.
    """
    layers = layers_of(recurrent_encoder(encoder))
    if not 1 <= layer <= len(layers):
        raise InputError(f"layer={layer}: the encoder has layers 1 to {len(layers)}; give one of these")
    if direction == "backward" and not layers[layer - 1].bidirectional:
        raise InputError("direction=backward: the encoder reads clips forward only; give direction=forward")


@dataclass(frozen=True)
class _Movement:
    """How much each unit's state moved in a clip, at boundaries and elsewhere: sums (H,) and numbers of steps."""

    at: np.ndarray
    steps_at: int
    elsewhere: np.ndarray
    steps_elsewhere: int


def _movement(trace: Trace, boundaries: Boundaries, step_s: float) -> _Movement:
    moved = np.abs(np.diff(trace.state, axis=0))  # (T' - 1, H)
    near = near_boundaries(boundaries, len(trace.state), step_s, NEAR_S)[1:]
    return _Movement(moved[near].sum(axis=0), int(near.sum()), moved[~near].sum(axis=0), int((~near).sum()))


def _ratio(movements: Sequence[_Movement]) -> np.ndarray | None:
    """(H,) mean movement at boundaries divided by that elsewhere; None if there are no boundaries or nothing else."""
    steps_at, steps_elsewhere = (sum(each) for each in zip(*_steps(movements), strict=True))
    if not steps_at or not steps_elsewhere:
        return None
    at = sum(each.at for each in movements) / steps_at
    elsewhere = sum(each.elsewhere for each in movements) / steps_elsewhere
    ratio: np.ndarray = at / np.maximum(elsewhere, 1e-9)
    return ratio


def _pooled_ratio(movements: Sequence[_Movement], units: np.ndarray) -> float | None:
    """The same for some units together: the mean of their own ratios."""
    ratios = _ratio(movements)
    return None if ratios is None else float(ratios[units].mean())


def _steps(movements: Sequence[_Movement]) -> Iterator[tuple[int, int]]:
    return ((each.steps_at, each.steps_elsewhere) for each in movements)


def _cell(mode: str) -> Literal["lstm", "gru", "rnn"]:
    return "lstm" if mode == "LSTM" else "gru" if mode == "GRU" else "rnn"
