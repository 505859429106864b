"""Steps that would spoil the weights are left out, and said which clips they were of."""

import logging
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.plugins.precision import MixedPrecision

from data_prep.errors import InputError
from recognizers.batch import Batch

log = logging.getLogger(__name__)


class StepGuard(Callback):
    """Leaves out optimizer steps whose gradient is not finite, counts them, names their clips, stops at too many.

    Where processes share the work, gradients have been averaged by then: what one cannot use, none uses.

    Attributes:
        skipped: Steps left out so far.
        batch: The batch at work.
    """

    #: More than this many, and this share of all steps, are too many. The first leaves 16-bit floats the steps in
    #: which their loss scale is found.
    ALLOWED, ALLOWED_SHARE = 20, 0.05

    def __init__(self) -> None:
        self.skipped = 0
        self.batch: Batch | None = None
        self._clips: list[str] = []

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {"skipped": self.skipped}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.skipped = state_dict["skipped"]

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, *_: Any) -> None:
        """Remember whose gradients they are; with accumulation several batches make a step."""
        self.batch = batch
        self._clips += batch.ids

    def on_validation_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, *_: Any
    ) -> None:
        """Remember it, should memory run out."""
        self.batch = batch

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Look at the gradients, and drop them if one is not finite: without any, the optimizer does nothing."""
        clips, self._clips = self._clips, []
        gradients = [parameter.grad for parameter in pl_module.parameters() if parameter.grad is not None]
        if torch.isfinite(torch.nn.utils.get_total_norm(gradients)):
            return
        self.skipped += 1
        plugin = trainer.precision_plugin
        if isinstance(plugin, MixedPrecision) and plugin.scaler is not None:
            log.info("step %d left out: its loss was scaled too high for 16 bits", trainer.global_step)
        else:
            optimizer.zero_grad(set_to_none=True)
            log.warning(
                "step %d left out, %d so far: its loss or gradient is not finite; clips: %s",
                trainer.global_step,
                self.skipped,
                ", ".join(clips),
            )
        if self.skipped > self.ALLOWED + self.ALLOWED_SHARE * trainer.global_step:
            raise InputError(
                f"{self.skipped} of {trainer.global_step + 1} steps had a loss or gradient that is not finite; the "
                f"last was of the clips {', '.join(clips)}. Lower optimizer.learning_rate, set "
                "trainer.gradient_clip_val, use trainer.precision=32-true, or look at these clips and their targets"
            )

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """A short run can end before there are too many, and yet have learnt nothing."""
        if self.skipped and self.skipped >= trainer.global_step:
            raise InputError("no step had a finite loss and gradient: nothing was learnt. Their clips are named above")
        if self.skipped:
            log.warning("%d of %d steps were left out", self.skipped, trainer.global_step)
