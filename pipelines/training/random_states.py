"""The states of the random generators of all processes, which let a resumed training draw what it would have drawn."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback


class RandomStates(Callback):
    """Keeps in each checkpoint the generators that dropout and noise draw from, for each process its own.

    Lightning saves what the first process knows; with its state alone, all processes would go on with equal dropout.
    """

    def __init__(self) -> None:
        self._restored: dict[str, torch.Tensor] | None = None

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Gather the states of all processes; Lightning calls this in each of them at the same step."""
        states: list[Any] = [_current_state(pl_module.device)]
        if trainer.world_size > 1:
            own, states = states[0], [None] * trainer.world_size
            torch.distributed.all_gather_object(states, own)
        checkpoint["random_states"] = states

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Read the state of this process.

        It is restored later, in `on_train_batch_start`, because code that runs in between also draws numbers.
        """
        states = checkpoint.get("random_states") or [{"cpu": checkpoint["torch_rng"]}]  # of one process, formerly
        self._restored = states[trainer.global_rank % len(states)]

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Restore the state before the first batch of a resumed run."""
        if self._restored is None:
            return
        torch.set_rng_state(self._restored["cpu"].cpu())
        if "cuda" in self._restored and pl_module.device.type == "cuda":
            torch.cuda.set_rng_state(self._restored["cuda"].cpu(), pl_module.device)
        self._restored = None


def _current_state(device: torch.device) -> dict[str, torch.Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":  # dropout draws there
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states
