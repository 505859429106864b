"""The settings of the optimizer, a part of those of `pipelines.train`."""

from dataclasses import dataclass

from pipelines.cli.setting_checks import check_choice, check_minimums, check_value

SCHEDULES = ("cosine", "plateau", "constant")


@dataclass
class OptimizerConfig:
    """AdamW (Loshchilov & Hutter, 2019) and the schedule of its learning rate.

    Attributes:
        learning_rate: Peak of the schedule.
        encoder_rate_share: Learning rate of the encoder, as a share of that of the head; below 1, more is kept of what
            `init` has brought.
        weight_decay: Weight decay of AdamW.
        schedule: "cosine" falls to 0; "plateau" halves the rate when validation stops improving; "constant" stays.
        warmup_share: Share of all steps in which the rate rises linearly to its peak.
        patience_epochs: Validations without improvement before "plateau" halves the rate.
        consistency_weight: Weight of the disagreement between two augmented views of a clip; 0 for one view.
    """

    learning_rate: float = 1e-3
    encoder_rate_share: float = 1.0
    weight_decay: float = 1e-2
    schedule: str = "cosine"
    warmup_share: float = 0.1
    patience_epochs: int = 3
    consistency_weight: float = 0.0

    def __post_init__(self) -> None:
        check_minimums(self, weight_decay=0, patience_epochs=0, consistency_weight=0, group="optimizer.")
        check_value("optimizer.learning_rate", self.learning_rate > 0, "above 0", self.learning_rate)
        check_value(
            "optimizer.encoder_rate_share", 0 <= self.encoder_rate_share <= 1, "from 0 to 1", self.encoder_rate_share
        )
        check_choice("optimizer.schedule", self.schedule, SCHEDULES)
        check_value("optimizer.warmup_share", 0 <= self.warmup_share <= 1, "from 0 to 1", self.warmup_share)
