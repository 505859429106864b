"""A guard against training steps whose gradient is not finite, which would spoil the weights."""

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
    """Skips and counts optimizer steps whose gradient is not finite, names their clips, and stops a run with too many.

    Gradients are averaged over the processes beforehand, so all processes skip the same steps. Lightning
    stores this class's name in checkpoints, so renaming it would lose the count of earlier runs.

    Attributes:
        skipped: Number of steps skipped so far.
        batch: The current batch, for the error message if memory runs out; None before the first one.
    """

    #: A run stops after skipping more than ALLOWED steps plus ALLOWED_SHARE of all steps. ALLOWED covers the first
    #: steps with 16-bit floats, which are skipped until the loss scale fits.
    ALLOWED, ALLOWED_SHARE = 20, 0.05

    def __init__(self) -> None:
        self.skipped = 0
        self.batch: Batch | None = None
        self._clips: list[str] = []

    def state_dict(self) -> dict[str, Any]:
        """Return the count for a checkpoint."""
        return {"skipped": self.skipped}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the count from a checkpoint."""
        self.skipped = state_dict["skipped"]

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, *_: Any) -> None:
        """Remember the batch and its clips; with gradient accumulation a step has several batches."""
        self.batch = batch
        self._clips += batch.ids

    def on_validation_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, *_: Any
    ) -> None:
        """Remember the batch."""
        self.batch = batch

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Drop the gradients if one is not finite: without gradients the optimizer changes nothing."""
        clips, self._clips = self._clips, []
        gradients = [parameter.grad for parameter in pl_module.parameters() if parameter.grad is not None]
        if torch.isfinite(torch.nn.utils.get_total_norm(gradients)):
            return
        self.skipped += 1
        plugin = trainer.precision_plugin
        if isinstance(plugin, MixedPrecision) and plugin.scaler is not None:
            # The scaler skips the step itself, and lowers its scale.
            log.info("step %d skipped: the loss was scaled too high for 16-bit floats", trainer.global_step)
        else:
            optimizer.zero_grad(set_to_none=True)
            log.warning(
                "step %d skipped (%d so far): its loss or gradient is not finite; clips: %s",
                trainer.global_step,
                self.skipped,
                ", ".join(clips),
            )
        if self.skipped > self.ALLOWED + self.ALLOWED_SHARE * trainer.global_step:
            raise InputError(
                f"{self.skipped} of {trainer.global_step + 1} steps had a loss or gradient that is not finite; the "
                f"last one had the clips {', '.join(clips)}. Lower optimizer.learning_rate, set "
                "trainer.gradient_clip_val, use trainer.precision=32-true, or check these clips and their targets"
            )

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Fail if every step was skipped; a short run may end before it exceeds the limit."""
        if self.skipped and self.skipped >= trainer.global_step:
            raise InputError(
                "nothing was learnt: no step had a finite loss and gradient. Check the clips named in the warnings"
            )
        if self.skipped:
            log.warning("%d of %d steps were skipped", self.skipped, trainer.global_step)
