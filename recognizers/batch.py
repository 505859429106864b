"""Batches of clips, padded to equal length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch


@dataclass(frozen=True)
class Example:
    """The frames and the target of one clip.

    Attributes:
        id: Id of the clip.
        frames: (T, F) float32.
        target: Symbol ids.
        reference: Text or label that a prediction is compared with; needed for validation alone.
    """

    id: str
    frames: np.ndarray
    target: Sequence[int] = ()
    reference: str = ""


@dataclass(frozen=True)
class Batch:
    """Clips padded with zeros to the length of the longest.

    Attributes:
        frames: (N, T, F) float32.
        frame_lengths: (N,) int64, the number of frames of each clip without padding.
        targets: (N, L) int64, symbol ids.
        target_lengths: (N,) int64, the number of symbols of each target without padding.
        ids: Ids of the clips.
        references: Texts or labels that predictions are compared with.
    """

    frames: torch.Tensor
    frame_lengths: torch.Tensor
    targets: torch.Tensor
    target_lengths: torch.Tensor
    ids: tuple[str, ...]
    references: tuple[str, ...] = ()

    @classmethod
    def from_examples(cls, examples: Sequence[Example]) -> "Batch":
        """Pad examples and stack them."""
        return cls(
            frames=_pad([torch.from_numpy(example.frames) for example in examples]),
            frame_lengths=torch.tensor([len(example.frames) for example in examples]),
            targets=_pad([torch.tensor(example.target, dtype=torch.int64) for example in examples]),
            target_lengths=torch.tensor([len(example.target) for example in examples]),
            ids=tuple(example.id for example in examples),
            references=tuple(example.reference for example in examples),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device) -> "Batch":
        """Copy frames and targets to another device.

        The lengths stay on the CPU: packed sequences and CTC need them there, and copying them back would wait for
        all of the device's pending work.
        """
        return replace(
            self,
            frames=self.frames.to(device, non_blocking=True),
            targets=self.targets.to(device, non_blocking=True),
        )

    def pin_memory(self) -> "Batch":
        """Copy frames and targets to page-locked memory, from which GPUs copy faster."""
        return replace(self, frames=self.frames.pin_memory(), targets=self.targets.pin_memory())


def _pad(sequences: list[torch.Tensor]) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True)


def length_mask(lengths: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """(N,), (N, T, ...) -> (N, T) bool, on the frames' device: True for a clip's own frames, False for padding."""
    steps = torch.arange(frames.shape[1], device=frames.device)
    return steps < lengths.to(frames.device, non_blocking=True)[:, None]
