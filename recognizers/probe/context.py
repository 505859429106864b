"""Context: how many frames a recognizer's score really needs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from data_prep.features.extractor import Frames
from data_prep.workers.progress import progress_bar
from recognizers.inference.predictor import Network, Predictor, pad
from recognizers.probe.scores import Counts, Score, count_on

#: A context is enough if the score is at most this much worse than with whole clips, and stays so with more context.
TOLERANCE = 0.02
#: Encoded steps that are computed in one batch of windows.
BATCH_STEPS = 8192
#: Contexts of text stop growing where all windows together would have more encoded steps than this: the effort grows
#: with the length of the window, because each frame gets a window of its own.
MAX_STEPS = 2_000_000


@dataclass(frozen=True)
class ContextScore:
    """The score with a limited context.

    Attributes:
        frames: Frames of context: the length of the clips, or the frames on either side of each frame.
        score: The score.
    """

    frames: int
    score: Score


@dataclass(frozen=True)
class Context:
    """How the score depends on the frames that the network sees.

    Attributes:
        metric: Name of the score.
        higher_is_better: Whether a higher score is better.
        kind: "last" or "first" if clips are cut to their last or first frames; "either side" if each frame is
            recognised from a window of frames around it.
        clips: Number of clips.
        frame_rate_hz: Frames a second.
        scores: The scores, by growing context.
        whole: The score of whole clips.
    """

    metric: str
    higher_is_better: bool
    kind: Literal["last", "first", "either side"]
    clips: int
    frame_rate_hz: float
    scores: tuple[ContextScore, ...]
    whole: Score

    @property
    def enough(self) -> int | None:
        """The least context in frames from which on the score is at most `TOLERANCE` worse than that of whole clips.

        None if even the longest context that was tried is worse.
        """
        sign = -1 if self.higher_is_better else 1
        found = None
        for each in reversed(self.scores):
            if sign * each.score.change > TOLERANCE:
                break
            found = each.frames
        return found


def measure_last_frames(
    predictor: Predictor,
    clips: Sequence[Frames],
    references: Sequence[str],
    kind: Literal["last", "first"] = "last",
    batch_size: int = 8,
    seed: int = 0,
) -> Context:
    """Score clips that are cut to their last, or first, k frames, k growing from 1 to the longest clip.

    Meant for labels: a text whose words are cut off would be counted as wrong.

    Args:
        predictor: The recognizer of labels.
        clips: Frames of the clips, at least one.
        references: The label of each clip.
        kind: Which end of the clips is kept.
        batch_size: Clips in a batch.
        seed: Seed of the intervals.
    """

    def count(frames: int) -> Counts:
        kept = slice(-frames, None) if kind == "last" else slice(frames)
        cut = [replace(clip, values=np.ascontiguousarray(clip.values[kept]), presence=None) for clip in clips]
        return count_on(predictor, cut, references, batch_size)

    longest = max(len(clip.values) for clip in clips)
    sizes = sorted({*_doubling(1, longest), *_doubling(3, longest)})  # 1, 2, 3, 4, 6, 8, 12, ...
    return _measure(predictor, clips, references, batch_size, seed, kind, sizes, count)


def measure_windows(
    predictor: Predictor, clips: Sequence[Frames], references: Sequence[str], batch_size: int = 8, seed: int = 0
) -> Context:
    """Score texts whose every frame is recognised from a window of frames around it.

    For each encoded step, the network runs anew over the window and only the log-probabilities of that step are kept,
    so that no other frame can have had any effect on it. The network was trained on whole clips: one that is trained
    for short windows may need less context.

    Args:
        predictor: The recognizer of text.
        clips: Frames of the clips, at least one.
        references: The text of each clip.
        batch_size: Clips in a batch, for whole clips.
        seed: Seed of the intervals.
    """
    subsampling = predictor.network.subsampling
    steps = [-(-len(clip.values) // subsampling) for clip in clips]

    def count(frames: int) -> Counts:
        predictions = []
        for clip in clips:
            log_probs = windowed_log_probs(predictor.network, clip.values, frames // subsampling)
            [prediction] = predictor.interpreter.predictions(log_probs[None], np.array([len(log_probs)]))
            predictions.append(prediction.text)
        return Counts.of(whole_metric, predictions, references)

    whole_metric = count_on(predictor, clips[:1], references[:1], batch_size).metric
    sizes = [0, *_doubling(1, max(steps))]
    affordable = [size for size in sizes if sum(n * min(2 * size + 1, n) for n in steps) <= MAX_STEPS] or sizes[:1]
    contexts = [size * subsampling for size in affordable]
    return _measure(predictor, clips, references, batch_size, seed, "either side", contexts, count)


def windowed_log_probs(network: Network, values: np.ndarray, side_steps: int) -> np.ndarray:
    """Compute a clip's log-probabilities, each from the input steps around it alone.

    Args:
        network: The network of a recognizer of text.
        values: (T, F) frames.
        side_steps: Encoded steps on either side.

    Returns:
        (T', C).
    """
    factor = network.subsampling
    steps = np.arange(-(-len(values) // factor))
    edges = np.stack([np.maximum(steps - side_steps, 0), np.minimum(steps + side_steps + 1, len(steps))], axis=1)
    windows, window_of_step = np.unique(edges, axis=0, return_inverse=True)  # wide windows are the same at many steps
    batch = max(1, BATCH_STEPS // int((windows[:, 1] - windows[:, 0]).max()))
    found = []
    for start in range(0, len(windows), batch):
        parts = [values[first * factor : end * factor] for first, end in windows[start : start + batch]]
        log_probs, _ = network(*pad(parts))  # (windows, T'', C)
        own = slice(*np.searchsorted(window_of_step, [start, start + batch]))  # windows move on with the steps
        rows = window_of_step[own]
        found.append(log_probs[rows - start, steps[own] - windows[rows, 0]])
    return np.concatenate(found)


def _doubling(first: int, last: int) -> Iterator[int]:
    """Yield a size, its double, and so on, and at last the largest."""
    size = first
    while size < last:
        yield size
        size *= 2
    yield last


def _measure(
    predictor: Predictor,
    clips: Sequence[Frames],
    references: Sequence[str],
    batch_size: int,
    seed: int,
    kind: Literal["last", "first", "either side"],
    sizes: Sequence[int],
    count: Callable[[int], Counts],
) -> Context:
    whole = count_on(predictor, clips, references, batch_size)
    scores = []
    with progress_bar() as progress:
        for size in progress.track(sizes, description="context"):
            scores.append(ContextScore(size, count(size).score(whole, seed)))
    return Context(
        metric=whole.metric.name,
        higher_is_better=whole.metric.higher_is_better,
        kind=kind,
        clips=len(clips),
        frame_rate_hz=clips[0].frame_rate_hz,
        scores=tuple(scores),
        whole=whole.score(whole, seed),
    )
