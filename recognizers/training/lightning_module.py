"""The trainable whole: an encoder, a head and their optimisation."""

import math
from typing import Any

import pytorch_lightning as pl
import torch

from data_prep.errors import InputError
from recognizers.batch import Batch
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.training.consistency import disagreement
from recognizers.training.lr_schedule import SCHEDULES, Schedule, schedule_rate
from recognizers.training.metrics import error_rate_metrics


class SequenceRecognizer(pl.LightningModule):
    """Frames to symbols.

    Args:
        encoder: Frames to encoded frames.
        head: Encoded frames to symbols; owns loss, decoding and metrics.
        learning_rate: The highest of the schedule.
        weight_decay: Of AdamW (Loshchilov & Hutter, 2019).
        schedule: Of the rate: "cosine", "plateau" or "constant"; see `schedule_rate`.
        warmup_share: Share of the steps in which the rate rises linearly.
        patience_epochs: Validations without improvement before "plateau" halves the rate.
        consistency_weight: Of the disagreement between two views of each clip, which training batches then hold (see
            `ClipData`); 0 for batches with one view.

    Raises:
        InputError: A setting is out of its range.
    """

    def __init__(
        self,
        encoder: Encoder,
        head: Head,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-2,
        schedule: Schedule = "cosine",
        warmup_share: float = 0.1,
        patience_epochs: int = 3,
        consistency_weight: float = 0.0,
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
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.warmup_share = warmup_share
        self.patience_epochs = patience_epochs
        self.consistency_weight = consistency_weight
        self._rng_state: torch.Tensor | None = None
        self.val_metrics = error_rate_metrics(head.interpreter.error_rates)
        # Registered one by one, for they are reset and moved with the module but are no weights.
        for name, metric in self.val_metrics.items():
            self.add_module(f"val_{name}", metric)

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, T, F), (N,) -> encoded (N, T', H), (N,)."""
        return self.encoder(frames, lengths)

    def training_step(self, batch: Batch, batch_index: int) -> torch.Tensor:
        """The loss of a batch, each clip of the step weighing the same, whichever process has it."""
        loss, encoded, lengths = self._step(batch)
        if self.consistency_weight:
            apart = disagreement(self.head.log_probs(encoded, lengths), lengths, batch.target_lengths)
            self.log("train/disagreement", apart, batch_size=len(batch))
            loss = loss + self.consistency_weight * apart
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch))
        if self.trainer.world_size > 1:  # where processes' gradients are averaged
            clips = torch.tensor(float(len(batch)), device=loss.device)
            loss = loss * clips / self.trainer.strategy.reduce(clips.clone(), reduce_op="mean")
        # An infinite loss can have finite gradients, which would go unnoticed: make them NaN, in all processes.
        return loss * torch.where(torch.isfinite(loss.detach()), 1.0, torch.nan)

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Loss and metrics of a batch; never augmented."""
        loss, encoded, lengths = self._step(batch)
        self.log("val/loss", loss, on_epoch=True, batch_size=len(batch), sync_dist=True)
        log_probs = self.head.log_probs(encoded, lengths).detach().cpu().numpy()
        predictions = [each.value for each in self.head.interpreter.predictions(log_probs, lengths.cpu().numpy())]
        targets = zip(batch.targets.tolist(), batch.target_lengths.tolist(), strict=True)
        references = [self.head.vocabulary.decode(ids[:length]) for ids, length in targets]
        for name, metric in self.val_metrics.items():
            metric.update(predictions, references)
            self.log(f"val/{name}", metric, on_epoch=True, prog_bar=True, batch_size=len(batch))

    def on_validation_epoch_end(self) -> None:
        """Log what chooses the best checkpoint, less being better: the head's metric, ties broken by the loss.

        With few validation clips ties are common, and the first of equals is seldom the best.
        """
        name, mode = self.head.monitor
        value = self.val_metrics[name].compute()
        loss = self.trainer.callback_metrics["val/loss"]
        tie_break = 1e-4 * loss / (1 + loss)  # never more than 1e-4, however large the loss
        self.log("val/selection", (value if mode == "min" else 1 - value) + tie_break, sync_dist=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the state of the generator that dropout draws from."""
        checkpoint["torch_rng"] = torch.get_rng_state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take that state up again, just before the first batch: what happens till then draws numbers too."""
        self._rng_state = checkpoint["torch_rng"]

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """See `on_load_checkpoint`."""
        if self._rng_state is not None:
            torch.set_rng_state(self._rng_state)
            self._rng_state = None

    def _step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        encoded, lengths = self(batch.frames, batch.frame_lengths)
        return self.head.loss(encoded, lengths, batch.targets, batch.target_lengths), encoded, lengths

    def configure_optimizers(self) -> Any:
        """AdamW and the schedule of its rate."""
        optimizer = torch.optim.AdamW(self.parameters(), self.learning_rate, weight_decay=self.weight_decay)
        if math.isinf(self.trainer.estimated_stepping_batches):
            raise InputError("trainer.max_epochs must be above 0: the learning rate's schedule ends with it")
        steps = max(1, int(self.trainer.estimated_stepping_batches))
        every = self.trainer.check_val_every_n_epoch or 1
        schedulers = schedule_rate(optimizer, self.schedule, steps, self.warmup_share, self.patience_epochs, every)
        return [optimizer], schedulers
