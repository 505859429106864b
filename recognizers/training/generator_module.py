"""The Lightning module of a generator: its loss and its optimisation, on the batches that recognizers learn from."""

from typing import Any

import pytorch_lightning as pl
import torch

from recognizers.batch import Batch
from recognizers.head.generation import Generation
from recognizers.training.lr_schedule import Schedule
from recognizers.training.optimizer import make_optimizer


class SequenceGenerator(pl.LightningModule):
    """Trains a network to draw the frames of clips, given their targets.

    Args:
        network: Draws frames.
        learning_rate: Highest learning rate of the schedule.
        weight_decay: Weight decay of AdamW (Loshchilov & Hutter, 2019).
        schedule: "cosine", "plateau" or "constant"; see `make_schedulers`.
        warmup_share: Share of the steps in which the learning rate rises linearly.
        patience_epochs: Validations without improvement before "plateau" halves the learning rate.
    """

    def __init__(
        self,
        network: Generation,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-2,
        schedule: Schedule = "cosine",
        warmup_share: float = 0.1,
        patience_epochs: int = 3,
    ) -> None:
        super().__init__()
        self.network = network
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule: Schedule = schedule
        self.warmup_share = warmup_share
        self.patience_epochs = patience_epochs

    def training_step(self, batch: Batch, batch_index: int) -> torch.Tensor:
        """Compute the loss of a batch, such that all clips of a step have the same weight in every process."""
        loss = self._loss(batch)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        if self.trainer.world_size > 1:  # gradients are averaged over processes
            clips = torch.tensor(float(len(batch)), device=loss.device)
            loss = loss * clips / self.trainer.strategy.reduce(clips.clone(), reduce_op="mean")
        return loss

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Log the loss of a batch, which also selects the best checkpoint."""
        loss = self._loss(batch)
        for name in ("val/loss", "val/selection"):
            self.log(name, loss, on_epoch=True, batch_size=len(batch), sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Make AdamW and the schedule of its learning rate."""
        return make_optimizer(
            self.trainer,
            self.parameters(),
            self.learning_rate,
            self.weight_decay,
            self.schedule,
            self.warmup_share,
            self.patience_epochs,
        )

    def _loss(self, batch: Batch) -> torch.Tensor:
        return self.network.loss(batch.frames, batch.frame_lengths, batch.targets, batch.target_lengths)
