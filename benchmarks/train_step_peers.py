"""Contenders that train the same network without this project: a tutorial's loop and SpeechBrain."""

from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.clips import CLIPS_PER_BATCH, NUM_FEATURES, NUM_SYMBOLS, Clips, interleave, padded_batches
from benchmarks.pacing import paced_loader

Groups = Callable[[Clips], list[list[int]]]


class TutorialLstm(nn.Module):
    """Three bidirectional LSTM layers and a linear layer, as in most tutorials.

    Args:
        packed: Whether sequences are packed. If not, the backward direction reads the padding before the clip, so the
            output for a clip depends on the other clips in its batch.
    """

    def __init__(self, packed: bool) -> None:
        super().__init__()
        self.packed = packed
        self.lstm = nn.LSTM(NUM_FEATURES, 256, num_layers=3, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(512, NUM_SYMBOLS)

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T, F), (N,) -> log-probabilities (N, T, C)."""
        if self.packed:
            outputs, _ = self.lstm(pack_padded_sequence(frames, lengths, batch_first=True, enforce_sorted=False))
            encoded, _ = pad_packed_sequence(outputs, batch_first=True)
        else:
            encoded, _ = self.lstm(frames)
        return self.linear(encoded).log_softmax(dim=-1)


def train_like_tutorials(clips: Clips, connection: Connection, groups: Groups, packed: bool) -> None:
    """Train in a plain loop."""
    batches = padded_batches(groups(clips), clips)
    frames = [int(batch.frame_lengths.sum()) for batch in batches]
    padded_frames = sum(batch.frames.shape[0] * batch.frames.shape[1] for batch in batches)
    model = TutorialLstm(packed)
    criterion = nn.CTCLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for batch in paced_loader(batches, frames, padded_frames, connection):
        optimizer.zero_grad()
        log_probs = model(batch.frames, batch.frame_lengths)
        loss = criterion(log_probs.transpose(0, 1), batch.targets, batch.frame_lengths, batch.target_lengths)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def dynamic_batches(clips: Clips) -> list[list[int]]:
    """Return the batches of SpeechBrain's dynamic batch sampler.

    With these settings, a batch has about the frames of 16 average clips, whose lengths differ by a few percent. More
    buckets would leave more batches incomplete; fewer buckets would need more padding. The limit exceeds the frames of
    16 clips to make up for incomplete batches.
    """
    from speechbrain.dataio.sampler import DynamicBatchSampler

    lengths = clips.lengths()
    max_frames = int(1.2 * CLIPS_PER_BATCH * clips.mean_frames)
    return list(
        DynamicBatchSampler(lengths, max_frames, num_buckets=40, lengths_list=lengths, seed=clips.seed, shuffle=True)
    )


def train_with_speechbrain(clips: Clips, connection: Connection, groups: Groups, packed: bool) -> None:
    """Train by `Brain.fit` with SpeechBrain's layers, loss and padded batches."""
    from speechbrain.dataio.batch import PaddedBatch
    from speechbrain.nnet.linear import Linear
    from speechbrain.nnet.RNN import LSTM

    lengths = clips.lengths()
    ordered = interleave(groups(clips), lengths)
    items = [
        {"id": each.id, "feats": torch.from_numpy(each.frames), "tokens": torch.tensor(each.target)}
        for each in clips.examples()
    ]
    batches = [PaddedBatch([items[index] for index in group]) for group in ordered]
    frames = [sum(lengths[index] for index in group) for group in ordered]
    padded_frames = sum(batch.feats.data.shape[0] * batch.feats.data.shape[1] for batch in batches)
    modules = {
        "lstm": LSTM(hidden_size=256, input_size=NUM_FEATURES, num_layers=3, bidirectional=True),
        "linear": Linear(n_neurons=NUM_SYMBOLS, input_size=512),
    }
    brain = _ctc_brain()(
        modules,
        opt_class=partial(torch.optim.AdamW, lr=1e-3),
        hparams={"packed": packed},
        run_opts={"device": "cpu", "max_grad_norm": 1.0},
    )
    brain.fit(range(1), paced_loader(batches, frames, padded_frames, connection))


def _ctc_brain() -> Any:
    """Return a Brain for CTC; the class is defined here because SpeechBrain may not be installed."""
    import speechbrain
    from speechbrain.nnet.losses import ctc_loss

    class CtcBrain(speechbrain.Brain):
        def compute_forward(self, batch: Any, stage: Any) -> tuple[torch.Tensor, torch.Tensor]:
            batch = batch.to(self.device)
            frames, lengths = batch.feats
            encoded, _ = self.modules.lstm(frames, lengths=lengths if self.hparams.packed else None)
            return self.modules.linear(encoded).log_softmax(dim=-1), lengths

        def compute_objectives(self, predictions: Any, batch: Any, stage: Any) -> torch.Tensor:
            log_probs, lengths = predictions
            targets, target_lengths = batch.tokens
            return ctc_loss(log_probs, targets, lengths, target_lengths, blank_index=0)

    return CtcBrain
