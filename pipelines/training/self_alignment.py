"""Lets a training align its own clips, so that their units can be recombined from then on."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from data_prep.errors import InputError
from pipelines.training.watching import has_whole_network
from pipelines.training.weight_average import WeightAverage
from recognizers.inference.aligned_clip import AlignedClip, read_alignments, write_alignments
from recognizers.inference.predictor import Predictor
from recognizers.inference.unit_alignment import align_clips
from recognizers.recombination.recombiner import FILE_NAME, Recombiner, newest_alignments
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.training.targets import TargetClip

log = logging.getLogger(__name__)

#: Clips in a batch.
BATCH = 16


class SelfAlignment(Callback):
    """Writes when each unit of the training clips is said, before the first epoch that recombines them.

    The alignments are those of a given file, or made with the weights that the training has by then: the averaged ones,
    if there is an average. They belong to the run, so that a run which is resumed continues with the same ones. Each
    process aligns its share of the clips; the first one writes the file.

    Args:
        data: The training clips.
        recombiner: Draws new sequences of their units.
        first_epoch: The first epoch, from 0, that recombines.
    """

    def __init__(self, data: ClipData, recombiner: Recombiner, first_epoch: int) -> None:
        self._data = data
        self._recombiner = recombiner
        self._first_epoch = first_epoch

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Check that the strategy allows it, and take the alignments that are given."""
        if self._file_given is None and not has_whole_network(trainer):
            raise InputError(
                "augment.recombine: a training whose strategy shares out the weights cannot align its own clips; align "
                "them with another recognizer (python -m pipelines.align), and give augment.recombine.alignments=FILE"
            )
        is_behind = trainer.current_epoch > self._first_epoch or trainer.fit_loop.restarted_mid_epoch
        if is_behind and trainer.current_epoch >= self._first_epoch and self._written(trainer.current_epoch) is None:
            raise InputError(
                f"{self._folder}: the alignments of this run are missing, so it cannot be resumed with the same "
                "batches; restore them, or start a new run without resume"
            )

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Align the clips before the first epoch that recombines them."""
        epoch = trainer.current_epoch
        if epoch < self._first_epoch or self._written(epoch) is not None:
            return
        if not isinstance(pl_module, SequenceRecognizer):
            raise TypeError(f"expected a SequenceRecognizer, found {type(pl_module).__name__}")
        given = self._file_given
        aligned = self._align(trainer, pl_module) if given is None else read_alignments(Path(given))
        trainer.strategy.barrier()  # no process looks for the file before all have found it missing
        if trainer.is_global_zero:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_alignments(self._folder / FILE_NAME.format(epoch=epoch), aligned)
            units = sum(len(clip.words) for clip in aligned)
            log.info("recombining from epoch %d on: %d units of %d clips", epoch + 1, units, len(aligned))
        trainer.strategy.barrier()

    @property
    def _folder(self) -> Path:
        return self._recombiner.folder

    @property
    def _file_given(self) -> str | None:
        return self._recombiner.settings.alignments

    def _written(self, epoch: int) -> Path | None:
        return newest_alignments(self._folder, epoch)

    def _align(self, trainer: pl.Trainer, module: SequenceRecognizer) -> list[AlignedClip]:
        """Align the training clips in all processes; returns all of them, in their order."""
        entries = self._recombiner.entries
        with _evaluated(trainer, module):
            mine = self._align_clips(trainer, module, entries[trainer.global_rank :: trainer.world_size])
        if trainer.world_size == 1:
            shares = [mine]
        else:
            shares = [[] for _ in range(trainer.world_size)]
            torch.distributed.all_gather_object(shares, mine)
        by_id = {clip.id: clip for share in shares for clip in share}
        return [by_id[entry.clip.id] for entry in entries if entry.clip.id in by_id]

    def _align_clips(
        self, trainer: pl.Trainer, module: SequenceRecognizer, entries: Sequence[TargetClip]
    ) -> list[AlignedClip]:
        dataset = self._data.train
        predictor = Predictor(dataset.extractor, _ModuleNetwork(trainer, module), module.head.interpreter)
        pairs = [(entry.clip, entry.target) for entry in entries]
        aligned = align_clips(predictor, pairs, dataset.prepared.signal, BATCH)
        return [each for each in aligned if isinstance(each, AlignedClip)]


class _ModuleNetwork:
    """Computes log-probabilities with the module that is trained, wherever it is."""

    def __init__(self, trainer: pl.Trainer, module: SequenceRecognizer) -> None:
        self._trainer = trainer
        self._module = module
        self.subsampling = module.encoder.subsampling

    @torch.no_grad()
    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, T, F), (N,) -> the head's log-probabilities, and (N,) numbers of encoded frames."""
        with self._trainer.precision_plugin.forward_context():
            encoded, counts = self._module(torch.from_numpy(frames).to(self._module.device), torch.from_numpy(lengths))
            log_probs = self._module.head.log_probs(encoded, counts)
        return log_probs.float().cpu().numpy(), counts.cpu().numpy()


@contextmanager
def _evaluated(trainer: pl.Trainer, module: SequenceRecognizer) -> Iterator[None]:
    """Use the averaged weights, if there is an average, without dropout for a while."""
    average = next((each for each in trainer.callbacks if isinstance(each, WeightAverage)), None)  # type: ignore
    module.eval()
    if average is not None:
        average.swap(module)
    try:
        yield
    finally:
        if average is not None:
            average.swap(module)
        module.train()


def align_before_recombining(data: ClipData, max_epochs: int | None) -> list[Callback]:
    """Make the callback that aligns the training clips, if they are to be recombined.

    Args:
        data: The training clips and their recombiner, if there is one.
        max_epochs: Number of epochs of the training; None if it is not set.

    Raises:
        InputError: The first epoch to recombine depends on the number of epochs, which is not set.
    """
    if (recombiner := data.train.recombiner) is None:
        return []
    return [SelfAlignment(data, recombiner, recombiner.settings.first_epoch(max_epochs))]
