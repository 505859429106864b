"""Order: what a recognizer's score loses when the frames of its clips are reversed or shuffled."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data_prep.features.extractor import Frames
from data_prep.workers.progress import progress_bar
from recognizers.inference.predictor import Predictor
from recognizers.probe.scores import Counts, Score, count_on

#: The orders of frames, as results name them.
IN_ORDER, REVERSED, WINDOWS, SHUFFLED = "in order", "reversed", "shuffled in windows", "shuffled"


@dataclass(frozen=True)
class OrderScore:
    """The score with the frames of each clip in some order.

    Attributes:
        order: "in order", "reversed", "shuffled in windows" or "shuffled".
        window: Frames of a window within which frames are shuffled; None for the other orders.
        score: The score.
    """

    order: str
    window: int | None
    score: Score


@dataclass(frozen=True)
class Order:
    """What the order of frames is worth to a recognizer.

    Attributes:
        metric: Name of the score, such as "accuracy".
        higher_is_better: Whether a higher score is better.
        clips: Number of clips.
        frame_rate_hz: Frames a second.
        subsampling: Frames that the encoder joins into one step, whose order it knows by their places in the step.
        scores: The scores in order, reversed, shuffled in windows of growing length, and shuffled as a whole.
        guessing: Accuracy of always giving the most frequent label; None for text.
    """

    metric: str
    higher_is_better: bool
    clips: int
    frame_rate_hz: float
    subsampling: int
    scores: tuple[OrderScore, ...]
    guessing: float | None

    def of(self, order: str) -> OrderScore:
        """Return the score for an order that has no window."""
        return next(each for each in self.scores if each.order == order)


def measure_order(
    predictor: Predictor, clips: Sequence[Frames], references: Sequence[str], batch_size: int = 8, seed: int = 0
) -> Order:
    """Score clips with their frames in order, reversed, and shuffled.

    Windows of 2, 4, 8, ... frames start at a clip's first frame; the longest is shorter than the median clip. Frames
    are shuffled after the extractor: what it computed from neighbouring frames stays as it was.

    Args:
        predictor: The recognizer.
        clips: Frames of the clips, at least one.
        references: What is right for each clip.
        batch_size: Clips in a batch.
        seed: Seed of the shuffles and of the intervals.
    """
    orders = list(_orders(float(np.median([len(clip.values) for clip in clips]))))
    counts: list[Counts] = []
    with progress_bar() as progress:
        for order, window in progress.track(orders, description="order of frames"):
            changed = [reorder(clip, order, window, [seed, number]) for number, clip in enumerate(clips)]
            counts.append(count_on(predictor, changed, references, batch_size))
    scores = [
        OrderScore(order, window, each.score(counts[0], seed))
        for (order, window), each in zip(orders, counts, strict=True)
    ]
    is_label = counts[0].metric.error_rate.counted == "label"
    return Order(
        metric=counts[0].metric.name,
        higher_is_better=counts[0].metric.higher_is_better,
        clips=len(clips),
        frame_rate_hz=clips[0].frame_rate_hz,
        subsampling=predictor.network.subsampling,
        scores=tuple(scores),
        guessing=max(Counter(references).values()) / len(references) if is_label else None,
    )


def _orders(median_frames: float) -> Iterator[tuple[str, int | None]]:
    yield IN_ORDER, None
    yield REVERSED, None
    window = 2
    while window < median_frames:
        yield WINDOWS, window
        window *= 2
    yield SHUFFLED, None


def reorder(clip: Frames, order: str, window: int | None, seed: Sequence[int]) -> Frames:
    """Return a clip with its frames in another order.

    Args:
        clip: The clip.
        order: One of the orders in `OrderScore`.
        window: Frames of a window, for "shuffled in windows".
        seed: Seed of the shuffle; equal seeds give equal orders.
    """
    places = np.arange(len(clip.values))
    if order == REVERSED:
        places = places[::-1]
    elif order != IN_ORDER:
        size = window or len(places)
        # Sorting by window first, then by a random number, shuffles each window.
        places = np.lexsort((np.random.default_rng(seed).random(len(places)), places // size))
    presence = None if clip.presence is None else clip.presence[places]
    return replace(clip, values=np.ascontiguousarray(clip.values[places]), presence=presence)
