"""Times of landmarks in torch: an even rate, short gaps filled in, and the frame rate; for traced export.

These functions give what `at_constant_rate` and `resample_landmarks` of `data_prep.features.hand_tracker` and
`fill_gaps` of `data_prep.features.hand_gaps` give in numpy, from masks instead of NaN. Times are in double precision,
but come as whole nanoseconds. Wherever a value close to a limit decides, `ROUNDING` outweighs the error of that.

Common to all: `values` (T, 2, 2, 21, 3) float32 for two hands, 0 where absent; `present` and `filled` (T, 2) bool.
"""

from typing import cast

import torch

from data_prep.features.hand_tracker import HANDS, PHOTO_RATE_HZ

#: Bounds the rounding errors of times in frames, and of gaps in seconds.
ROUNDING = 1e-6
#: Stands for a frame that does not exist, before the first and after the last one.
NOWHERE = 2**40


def length_of(values: torch.Tensor) -> torch.Tensor:
    """(T, ...) -> T as a tensor, which a traced graph computes anew for each clip."""
    return torch._shape_as_tensor(values)[0]


def indices(count: torch.Tensor) -> torch.Tensor:
    """Count from 0 to a number that a traced graph computes anew for each clip."""
    return torch.arange(cast(int, count))


def at_constant_rate(
    values: torch.Tensor, present: torch.Tensor, times_ns: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Resample landmarks at uneven times to their mean rate; returns values, presence, and the rate in Hz."""
    count = length_of(values)
    times_s = (times_ns - times_ns[:1]).double() * 1e-9
    mean_rate_hz = (count - 1) / times_s[-1:].clamp(min=1e-3)
    rate_hz = torch.where(count > 1, mean_rate_hz, torch.full_like(mean_rate_hz, PHOTO_RATE_HZ))  # (1,)
    even_s = indices(count).double() / rate_hz
    is_uneven = (even_s - times_s).abs().max() >= 0.25 / rate_hz
    after = torch.minimum(_first_not_before(times_s, even_s).clamp(min=1), count - 1)
    before = (after - 1).clamp(min=0)
    share = (even_s - times_s[before]) / (times_s[after] - times_s[before]).clamp(min=1e-9)
    even, even_present = _mix(values, present, before, after, share.clamp(0.0, 1.0))
    return (
        torch.where(is_uneven[:, None, None, None, None], even, values),
        _choose(is_uneven[:, None], even_present, present),
        rate_hz,
    )


def fill_gaps(
    values: torch.Tensor, present: torch.Tensor, rate_hz: torch.Tensor, max_gap_s: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Interpolate each hand over short gaps; returns values, and which of them were filled in."""
    index = indices(length_of(values))
    hands, marks = [], []
    for hand in range(HANDS):
        seen = present[:, hand]
        outside = torch.full((1,), NOWHERE)
        places = torch.cat([-outside, seen.nonzero().squeeze(1), outside])
        number = seen.long().cumsum(0)  # (T,): how many frames up to this one show the hand
        left, right = places[number], places[number + 1]
        filled = ~seen & ((right - left - 1).double() / rate_hz <= max_gap_s + ROUNDING)
        share = ((index - left).double() / (right - left)).float()[:, None, None, None]
        left, right = left.clamp(min=0), torch.minimum(right, index[-1:])
        mixed = values[left, hand] * (1 - share) + values[right, hand] * share
        hands.append(torch.where(filled[:, None, None, None], mixed, values[:, hand]))
        marks.append(filled)
    return torch.stack(hands, dim=1), torch.stack(marks, dim=1)


def at_frame_rate(
    values: torch.Tensor, present: torch.Tensor, filled: torch.Tensor, rate_hz: torch.Tensor, frame_rate_hz: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Resample landmarks and marks; returns values, presence and marks (T', ...)."""
    length = length_of(values)
    count = (length / rate_hz * frame_rate_hz + 0.5 + ROUNDING).floor().long().clamp(min=1).squeeze(0)
    index = indices(count).double()
    place = torch.minimum(torch.where(count == length, index, index * (rate_hz / frame_rate_hz)), length - 1.0)
    before = place.floor().long()
    after = torch.minimum(before + 1, length - 1)
    nearest = ((place / ROUNDING).round() * ROUNDING).round().long()  # halves to even, in spite of rounding errors
    return *_mix(values, present, before, after, place - before), filled[torch.minimum(nearest, length - 1)]


def _mix(
    values: torch.Tensor, present: torch.Tensor, before: torch.Tensor, after: torch.Tensor, share: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Interpolate between pairs of frames; where one of them lacks the hand, take the nearer one."""
    both = (present[before] & present[after])[:, :, None, None, None]
    is_late = (share >= 0.5 - ROUNDING)[:, None]
    mixed_present = _choose(is_late, present[after], present[before])
    nearest = torch.where(is_late[:, :, None, None, None], values[after], values[before])
    weight = share.float()[:, None, None, None, None]
    return torch.where(both, values[before] * (1 - weight) + values[after] * weight, nearest), mixed_present


def _choose(condition: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """``torch.where`` for masks, which ONNX Runtime lacks."""
    return (condition & first) | (~condition & second)


def _first_not_before(times: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Count the times before each wanted time, both rising: ``np.searchsorted``, which ONNX lacks."""
    order = torch.cat([wanted, times]).sort()[1]
    rank = torch.zeros_like(order).scatter(0, order, indices(length_of(order)))
    index = indices(length_of(wanted))
    return rank[index] - index
