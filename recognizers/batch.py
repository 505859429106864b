"""Clips side by side: what goes through a recognizer at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch


@dataclass(frozen=True)
class Example:
    """One clip, ready to be batched.

    Attributes:
        id: Of the clip.
        frames: (T, F) float32.
        target: Ids of its symbols; empty at inference.
    """

    id: str
    frames: np.ndarray
    target: Sequence[int] = ()


@dataclass(frozen=True)
class Batch:
    """Clips padded with zeros to the longest.

    Attributes:
        frames: (N, T, F) float32.
        frame_lengths: (N,) int64: how many of the T frames are the clip's own.
        targets: (N, L) int64: symbol ids.
        target_lengths: (N,) int64.
        ids: The clips' ids.
    """

    frames: torch.Tensor
    frame_lengths: torch.Tensor
    targets: torch.Tensor
    target_lengths: torch.Tensor
    ids: tuple[str, ...]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "Batch":
        """Pad and stack."""
        return cls(
            frames=_pad([torch.from_numpy(example.frames) for example in examples]),
            frame_lengths=torch.tensor([len(example.frames) for example in examples]),
            targets=_pad([torch.tensor(example.target, dtype=torch.int64) for example in examples]),
            target_lengths=torch.tensor([len(example.target) for example in examples]),
            ids=tuple(example.id for example in examples),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device.

        Lengths stay on the CPU: packed sequences and CTC need them there, and fetching them back would wait for the
        device to finish all it was told before.
        """
        return replace(
            self,
            frames=self.frames.to(device, non_blocking=True),
            targets=self.targets.to(device, non_blocking=True),
        )

    def pin_memory(self) -> "Batch":
        """The same batch in page-locked memory, which GPUs read faster."""
        return replace(self, frames=self.frames.pin_memory(), targets=self.targets.pin_memory())


def _pad(sequences: list[torch.Tensor]) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True)


def length_mask(lengths: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """(N,), (N, T, ...) -> (N, T) bool, where the frames are: True for a clip's own, False for padding."""
    steps = torch.arange(frames.shape[1], device=frames.device)
    return steps < lengths.to(frames.device, non_blocking=True)[:, None]
