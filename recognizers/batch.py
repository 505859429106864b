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
        """The same batch on another device."""
        names = ("frames", "frame_lengths", "targets", "target_lengths")
        return replace(self, **{name: getattr(self, name).to(device, non_blocking=True) for name in names})

    def pin_memory(self) -> "Batch":
        """The same batch in page-locked memory, which GPUs read faster."""
        names = ("frames", "frame_lengths", "targets", "target_lengths")
        return replace(self, **{name: getattr(self, name).pin_memory() for name in names})


def _pad(sequences: list[torch.Tensor]) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True)


def length_mask(lengths: torch.Tensor, size: int) -> torch.Tensor:
    """(N, size) bool: True where a frame is the clip's own, False where it is padding."""
    return torch.arange(size, device=lengths.device) < lengths[:, None]
