"""The Lightning module: an encoder, a head and their optimisation."""

from typing import Any

import pytorch_lightning as pl
import torch

from data_prep.errors import InputError
from recognizers.batch import Batch
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.training.consistency import disagreement
from recognizers.training.distillation.distillation import Distillation
from recognizers.training.lr_schedule import SCHEDULES, Schedule
from recognizers.training.metrics import error_rate_metrics
from recognizers.training.optimizer import make_optimizer


class SequenceRecognizer(pl.LightningModule):
    """Trains an encoder and a head.

    Args:
        encoder: Turns frames into encoded frames.
        head: Turns encoded frames into log-probabilities; owns the loss, the decoding and the choice of metrics.
        learning_rate: Highest learning rate of the schedule.
        encoder_rate_share: Learning rate of the encoder, as a share of that of the head.
        weight_decay: Weight decay of AdamW (Loshchilov & Hutter, 2019).
        schedule: "cosine", "plateau" or "constant"; see `make_schedulers`.
        warmup_share: Share of the steps in which the learning rate rises linearly.
        patience_epochs: Validations without improvement before "plateau" halves the learning rate.
        consistency_weight: Weight of the disagreement between two views of each clip; unless it is 0, training batches
            must contain two views (see `ClipData`).
        freeze_encoder_epochs: Number of epochs at the beginning in which the encoder stays as it is.

    Attributes:
        distillation: Adds what a teacher says to the loss in training; None, as at first, for no teacher.

    Raises:
        InputError: A setting is out of range.
    """

    def __init__(
        self,
        encoder: Encoder,
        head: Head,
        learning_rate: float = 1e-3,
        encoder_rate_share: float = 1.0,
        weight_decay: float = 1e-2,
        schedule: Schedule = "cosine",
        warmup_share: float = 0.1,
        patience_epochs: int = 3,
        consistency_weight: float = 0.0,
        freeze_encoder_epochs: int = 0,
    ) -> None:
        super().__init__()
        if not (learning_rate > 0 and weight_decay >= 0 and 0 <= warmup_share <= 1 and consistency_weight >= 0):
            raise InputError(
                "optimizer: learning_rate must be above 0, weight_decay and consistency_weight 0 or more, warmup_share "
                f"from 0 to 1; found {learning_rate}, {weight_decay}, {consistency_weight}, {warmup_share}"
            )
        if schedule not in SCHEDULES:
            raise InputError(f"optimizer: schedule must be one of {', '.join(SCHEDULES)}; found {schedule!r}")
        self.encoder = encoder
        self.head = head
        self.learning_rate = learning_rate
        self.encoder_rate_share = encoder_rate_share
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.warmup_share = warmup_share
        self.patience_epochs = patience_epochs
        self.consistency_weight = consistency_weight
        self.freeze_encoder_epochs = freeze_encoder_epochs
        self.distillation: Distillation | None = None
        self._num_learned = 0
        self.val_metrics = error_rate_metrics(head.interpreter.error_rates)
        # Registered one by one, so that Lightning resets and moves them; they are not weights.
        for name, metric in self.val_metrics.items():
            self.add_module(f"val_{name}", metric)

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, T, F), (N,) -> encoded (N, T', H), (N,)."""
        return self.encoder(frames, lengths)

    def training_step(self, batch: Batch, batch_index: int) -> torch.Tensor:
        """Compute the loss of a batch, such that all clips of a step have the same weight in every process."""
        encoded, lengths = self(batch.frames, batch.frame_lengths)
        if self.distillation is None:
            loss = self.head.loss(encoded, lengths, batch.targets, batch.target_lengths)
        else:
            loss = self.distillation.loss(self.head, encoded, lengths, batch)
        if self.consistency_weight:
            inconsistency = disagreement(self.head.log_probs(encoded, lengths), lengths, batch.target_lengths)
            self.log("train/disagreement", inconsistency, batch_size=len(batch))
            loss = loss + self.consistency_weight * inconsistency
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        if self.trainer.world_size > 1:  # gradients are averaged over processes
            clips = torch.tensor(float(len(batch)), device=loss.device)
            loss = loss * clips / self.trainer.strategy.reduce(clips.clone(), reduce_op="mean")
        # An infinite loss can have finite gradients, which would go unnoticed; make them NaN in all processes.
        return loss * torch.where(torch.isfinite(loss.detach()), 1.0, torch.nan)

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Log loss and metrics of a batch."""
        encoded, lengths = self(batch.frames, batch.frame_lengths)
        self._log_validation_loss(batch, encoded, lengths)
        log_probs = self.head.log_probs(encoded, lengths).detach().cpu().numpy()
        predictions = [each.text for each in self.head.interpreter.predictions(log_probs, lengths.cpu().numpy())]
        for name, metric in self.val_metrics.items():
            metric.update(predictions, batch.references)
            self.log(f"val/{name}", metric, on_epoch=True, prog_bar=True, batch_size=len(batch))

    def _log_validation_loss(self, batch: Batch, encoded: torch.Tensor, lengths: torch.Tensor) -> None:
        """Log the loss of the clips of a batch that have a target: the others count in the scores alone."""
        learned = batch.target_lengths > 0  # (N,)
        count = int(learned.sum())
        loss = encoded.new_zeros(())
        if count:
            kept = learned.to(encoded.device)
            loss = self.head.loss(encoded[kept], lengths[learned], batch.targets[kept], batch.target_lengths[learned])
        # Logged even if nothing has a target, because all processes must log the same names.
        self.log("val/loss", loss, on_epoch=True, batch_size=count, sync_dist=True)
        self._num_learned += count

    def on_validation_epoch_start(self) -> None:
        """Count anew the validation clips that have a loss."""
        self._num_learned = 0

    def on_validation_epoch_end(self) -> None:
        """Log the value that selects the best checkpoint, lower being better: the head's metric, then the loss.

        With few validation clips, the metric is often equal for several checkpoints, and the first is seldom the best.
        """
        name, mode = self.head.monitor
        value = self.val_metrics[name].compute()
        loss = self.trainer.callback_metrics["val/loss"]
        tie_break = 1e-4 * loss / (1 + loss)  # below 1e-4, however large the loss
        if not self._num_learned:  # then there is no loss: 0 / 0
            tie_break = torch.nan_to_num(tie_break)
        self.log("val/selection", (value if mode == "min" else 1 - value) + tie_break, sync_dist=True)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Leave the encoder as it is while it is frozen.

        Its gradients are dropped rather than never computed, because the processes of a distributed training wait for
        the gradients of all weights.
        """
        if self.current_epoch < self.freeze_encoder_epochs:
            for weights in self.encoder.parameters():
                weights.grad = None

    def configure_optimizers(self) -> Any:
        """Make AdamW and the schedule of its learning rate."""
        parameters: Any = self.parameters()
        if self.encoder_rate_share != 1:
            encoder_rate = self.encoder_rate_share * self.learning_rate
            parameters = [
                {"params": self.encoder.parameters(), "lr": encoder_rate},
                {"params": self.head.parameters()},
            ]
        return make_optimizer(
            self.trainer,
            parameters,
            self.learning_rate,
            self.weight_decay,
            self.schedule,
            self.warmup_share,
            self.patience_epochs,
        )
