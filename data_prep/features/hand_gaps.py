"""Fills short gaps in which the tracker missed a hand or the body."""

import numpy as np

from data_prep.features.hand_tracker import IMAGE, WRIST


def fill_gaps(hands: np.ndarray, rate_hz: float, max_gap_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate a hand linearly in time over short gaps between two frames that show it.

    Args:
        hands: (T, P, 2, 21, 3) for P hands and bodies, NaN where absent; not modified.
        rate_hz: Frames per second.
        max_gap_s: Longest gap to fill, measured from the first frame without the hand to the next frame with it;
            0 fills none.

    Returns:
        The landmarks, and (T, P) bool that marks the interpolated ones.
    """
    filled = np.zeros(hands.shape[:2], bool)
    for hand in range(hands.shape[1]):
        seen = np.flatnonzero(~np.isnan(hands[:, hand, IMAGE, WRIST, 0]))
        steps = np.diff(seen)
        # The 1e-9 keeps a gap of exactly the limit in spite of rounding.
        for before, step in zip(seen[:-1], steps, strict=True):
            filled[before + 1 : before + step, hand] = (step - 1) / rate_hz <= max_gap_s + 1e-9
    if not filled.any():
        return hands, filled
    hands = hands.copy()
    for hand in range(hands.shape[1]):
        gaps = np.flatnonzero(filled[:, hand])
        seen = np.flatnonzero(~np.isnan(hands[:, hand, IMAGE, WRIST, 0]))
        if len(gaps):
            after = np.searchsorted(seen, gaps)
            left, right = seen[after - 1], seen[after]
            share = ((gaps - left) / (right - left)).astype(np.float32)[:, None, None, None]
            hands[gaps, hand] = hands[left, hand] * (1 - share) + hands[right, hand] * share
    return hands, filled
