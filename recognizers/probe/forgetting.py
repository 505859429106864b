"""How cells forget: each is trained, in the same way, on tasks whose answer lies ever further back.

A plain RNN multiplies its state, and its gradient, by the same matrix at every frame, so that the gradient of the past
vanishes or explodes exponentially (Hochreiter, 1991; Bengio et al., 1994), and what lies far back is never learned. The
gates of an LSTM (Hochreiter & Schmidhuber, 1997) and of a GRU (Cho et al., 2014) let the state pass unchanged.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.batch import Batch
from recognizers.encoder.bilstm import CELLS, BiLstm
from recognizers.probe.memory_tasks import LabelledFrames, MemoryTask, PauseTask, SymbolTask

log = logging.getLogger(__name__)

#: Frames between the answer and the last frame.
LAGS = (1, 5, 10, 20, 40, 80)
MAX_LAG = 1000
#: How every cell is trained: at most this many steps of Adam, fewer once the running mean of the loss is low.
STEPS, BATCH_SIZE, LEARNING_RATE, LOW_LOSS = 500, 64, 5e-3, 0.05
HIDDEN_SIZE = 32


#: Norms of gradients below this are raised to it, so that they have a logarithm.
LEAST_REACH = 1e-38


@dataclass(frozen=True)
class CellMemory:
    """What a cell remembers, for each lag.

    Attributes:
        cell: "rnn", "gru" or "lstm".
        accuracy: Share of the test's sequences whose label is right, the mean of the repeats.
        accuracies: That of each repeat.
        reach_before: Before the training, how far the last output moves with an input `lag` frames earlier: the norm of
            the derivative of the last output (H,) by the answer's last frame (F,) in standard deviations; the root mean
            square over sequences and the geometric mean of the repeats. What it is in the beginning decides whether the
            answer is learned.
        reach_after: The same after the training.
        steps: Mean number of training steps until the loss was low.
    """

    cell: str
    accuracy: tuple[float, ...]
    accuracies: tuple[tuple[float, ...], ...]
    reach_before: tuple[float, ...]
    reach_after: tuple[float, ...]
    steps: tuple[float, ...]


@dataclass(frozen=True)
class TaskMemory:
    """What the cells remember in one task.

    Attributes:
        task: "symbol" (a symbol, noise, and a cue) or "pause" (a clip of the corpus, and a pause).
        lags: Number of frames from the answer to the last frame.
        chance: The accuracy of a cell that remembers nothing.
        test_size: Number of sequences in the test.
        cells: The cells.
    """

    task: str
    lags: tuple[int, ...]
    chance: float
    test_size: int
    cells: tuple[CellMemory, ...]


@dataclass(frozen=True)
class Forgetting:
    """What the cells remember.

    Attributes:
        symbol: In the synthetic task.
        pause: In the task made of a corpus; None without a corpus.
    """

    symbol: TaskMemory
    pause: TaskMemory | None


def measure_forgetting(
    cells: Sequence[str] = tuple(CELLS),
    lags: Sequence[int] = LAGS,
    clips: Sequence[LabelledFrames] | None = None,
    seed: int = 0,
    repeats: int = 2,
    steps: int = STEPS,
) -> Forgetting:
    """Train cells on tasks of memory, and test what they remember.

    Each cell is one forward layer of the encoder, below a linear layer that reads the last frame alone. For every lag a
    new one is trained. The random state of the process stays as it was.

    Args:
        cells: Any of "rnn", "gru" and "lstm".
        lags: Numbers of frames between the answer and the last frame, rising.
        clips: Clips of a corpus, which `PauseTask` divides into training and test; None for the synthetic task alone.
        seed: Draws weights and sequences.
        repeats: Number of trainings of a cell for a lag, each from a seed of its own.
        steps: Most steps of a training.

    Raises:
        InputError: A cell is unknown or named twice, lags do not rise or are out of range, or the clips cannot be used.
    """
    _check_settings(cells, lags, repeats, steps)
    tasks: list[tuple[str, MemoryTask]] = [("symbol", SymbolTask())]
    if clips is not None:
        tasks.append(("pause", PauseTask(clips, seed)))
    seeds = range(seed * repeats, (seed + 1) * repeats)
    measured = [_measure(name, task, cells, lags, seeds, steps) for name, task in tasks]
    return Forgetting(measured[0], measured[1] if clips is not None else None)


def _check_settings(cells: Sequence[str], lags: Sequence[int], repeats: int, steps: int) -> None:
    if not cells or len(set(cells)) < len(cells) or not set(cells) <= set(CELLS):
        raise InputError(f"cells must be one or more of {', '.join(CELLS)}, each once; found {list(cells)}")
    rising = all(later > earlier for earlier, later in pairwise(lags))
    if not lags or not rising or not all(isinstance(lag, int) and 1 <= lag <= MAX_LAG for lag in lags):
        raise InputError(f"lags must be whole numbers from 1 to {MAX_LAG} that rise; found {list(lags)}")
    if repeats < 1 or steps < 1:
        raise InputError(f"repeats and steps must be at least 1; found {repeats} and {steps}")


def _measure(
    name: str, task: MemoryTask, cells: Sequence[str], lags: Sequence[int], seeds: Sequence[int], steps: int
) -> TaskMemory:
    measured = tuple(_measure_cell(name, task, cell, lags, seeds, steps) for cell in cells)
    return TaskMemory(name, tuple(lags), task.chance, len(task.test_batch(lags[0])), measured)


def _measure_cell(
    name: str, task: MemoryTask, cell: str, lags: Sequence[int], seeds: Sequence[int], steps: int
) -> CellMemory:
    accuracies, before, after, needed = [], [], [], []
    for lag in lags:
        runs = [_train(task, cell, lag, seed, steps) for seed in seeds]
        accuracies.append(tuple(run.accuracy for run in runs))
        before.append(_geometric_mean([run.reach_before for run in runs]))
        after.append(_geometric_mean([run.reach_after for run in runs]))
        needed.append(float(np.mean([run.steps for run in runs])))
        log.info(
            "%s task, %s, %d frames back: accuracy %.2f after %.0f steps",
            *(name, cell, lag, np.mean(accuracies[-1]), needed[-1]),
        )
    means = tuple(float(np.mean(each)) for each in accuracies)
    return CellMemory(cell, means, tuple(accuracies), tuple(before), tuple(after), tuple(needed))


def _geometric_mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(np.maximum(values, LEAST_REACH)))))


@dataclass(frozen=True)
class _Training:
    """The outcome of one training; see `CellMemory`."""

    accuracy: float
    reach_before: float
    reach_after: float
    steps: int


def _train(task: MemoryTask, cell: str, lag: int, seed: int, steps: int) -> _Training:
    """Train a new cell for a lag and test it."""
    rng, test = np.random.default_rng((seed, lag)), task.test_batch(lag)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reader = LastFrameReader(task, cell, lag, rng)
        projection = torch.randn(len(test), HIDDEN_SIZE)
    before = reader.reach(test, lag, projection)
    optimizer = torch.optim.Adam(reader.parameters(), LEARNING_RATE)
    mean_loss = float(np.log(task.num_labels))
    step = 0
    while step < steps and mean_loss >= LOW_LOSS:
        batch = task.training_batch(lag, BATCH_SIZE, rng)
        loss = nn.functional.cross_entropy(reader(batch), batch.targets[:, 0])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        mean_loss, step = 0.9 * mean_loss + 0.1 * loss.item(), step + 1
    with torch.no_grad():
        accuracy = (reader(test).argmax(dim=1) == test.targets[:, 0]).double().mean().item()
    return _Training(accuracy, before, reader.reach(test, lag, projection), step)


class LastFrameReader(nn.Module):
    """A forward layer of the encoder below a linear layer that reads its last frame.

    Args:
        task: Gives the widths, and frames from which the encoder learns their scale.
        cell: "rnn", "gru" or "lstm".
        lag: Number of frames to remember, for which the gates are set in the beginning.
        rng: Draws these frames.
    """

    def __init__(self, task: MemoryTask, cell: str, lag: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.encoder = BiLstm(
            task.num_features,
            cell=cell,  # type: ignore[arg-type]
            layers=1,
            hidden_size=HIDDEN_SIZE,
            dropout=0.0,
            layer_norm=False,
            direction="forward",
        )
        batch = task.training_batch(lag, 4 * BATCH_SIZE, rng)
        lengths = batch.frame_lengths.tolist()
        self.encoder.standardize.learn(
            frames[:length].numpy() for frames, length in zip(batch.frames, lengths, strict=True)
        )
        _let_gates_remember(self.encoder.layers[0], lag)
        self.linear = nn.Linear(HIDDEN_SIZE, task.num_labels)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Sequences -> logits (N, C)."""
        return self.linear(self.last_output(batch.frames, batch.frame_lengths))

    def last_output(self, frames: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T, F), (N,) -> (N, H)."""
        encoded, lengths = self.encoder(frames, lengths)
        return encoded[torch.arange(len(lengths)), lengths - 1]

    def reach(self, batch: Batch, lag: int, projection: torch.Tensor) -> float:
        """Estimate the norm of the derivative of the last output by the frame `lag` before, over sequences.

        For random vectors v of independent standard normal numbers, the mean of |v J|^2 is the squared Frobenius norm
        of J, so that one backward pass is enough for all outputs (Hutchinson, 1990).

        Args:
            batch: Sequences.
            lag: Number of frames before the last one.
            projection: (N, H), the vector of each sequence.
        """
        frames = batch.frames.clone().requires_grad_()
        output = self.last_output(frames, batch.frame_lengths)
        (gradient,) = torch.autograd.grad((output * projection).sum(), frames)  # (N, T, F)
        at_answer = gradient[torch.arange(len(batch)), batch.frame_lengths - 1 - lag]  # (N, F)
        at_answer = at_answer * self.encoder.standardize.deviation  # by deviations, whatever the units of the frames
        return at_answer.double().square().sum(dim=1).mean().sqrt().item()


@torch.no_grad()
def _let_gates_remember(layer: nn.Module, lag: int) -> None:
    """Let the gates of an LSTM or a GRU keep their states for up to `lag` frames in the beginning.

    Their biases are such that the time after which a unit forgets is spread from 1 to `lag` frames (Tallec & Ollivier,
    2018). A plain RNN has no gates.
    """
    assert isinstance(layer, nn.RNNBase)
    if layer.mode == "RNN_TANH":
        return
    size = layer.hidden_size
    keep = torch.log(torch.rand(size) * lag + 1)
    # In torch's order, the second gate of both is the one that keeps; the first one of an LSTM lets in.
    _set_gate(layer, slice(size, 2 * size), keep)
    if layer.mode == "LSTM":
        _set_gate(layer, slice(size), -keep)


def _set_gate(layer: nn.RNNBase, units: slice, bias: torch.Tensor) -> None:
    """Set the bias of a gate, which is the sum of two parameters."""
    layer.get_parameter("bias_ih_l0")[units] = bias
    layer.get_parameter("bias_hh_l0")[units] = 0.0
