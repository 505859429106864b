"""How often the words of training clips are joined to new sentences; see `recognizers.recombination`."""

import math
from dataclasses import dataclass

from data_prep.errors import InputError

#: Share of the epochs after which a training aligns its own clips.
ALIGN_AFTER_SHARE = 0.2


@dataclass(frozen=True)
class Recombine:
    """How often training clips are joined anew from units of the same speaker, and where their times come from.

    Attributes:
        copies: How many new sequences are drawn for each training clip, in every epoch; 0 for none.
        from_epoch: Number of epochs after which the training aligns its clips and begins to recombine them; None for a
            fifth of all epochs, or for 0 if `alignments` are given. Before, the clips themselves take the place of
            new sequences.
        alignments: File of alignments, as `pipelines.align` writes them; None to let the training align its clips.
        most_units: If given, new sequences have one to so many units; otherwise as many as the clip.
    """

    copies: int = 0
    from_epoch: int | None = None
    alignments: str | None = None
    most_units: int | None = None

    def __post_init__(self) -> None:
        checks = {
            "copies must be a whole number, 0 or more": _is_count(self.copies, 0),
            "from_epoch must be a whole number, 0 or more, or null": self.from_epoch is None
            or _is_count(self.from_epoch, 0),
            "from_epoch must be 1 or more, because the training has learned nothing before; or give alignments": (
                self.from_epoch != 0 or self.alignments is not None
            ),
            "most_units must be a whole number, 1 or more, or null": self.most_units is None
            or _is_count(self.most_units, 1),
            "alignments are given, but copies is 0; give copies=1": self.alignments is None or self.copies != 0,
        }
        for message, holds in checks.items():
            if not holds:
                raise InputError(f"augment.recombine: {message}; found {self}")

    def first_epoch(self, max_epochs: int | None) -> int:
        """Return the first epoch, from 0, that has new sequences.

        Raises:
            InputError: It depends on the number of epochs, which is not set.
        """
        if self.from_epoch is not None:
            return self.from_epoch
        if self.alignments is not None:
            return 0
        if max_epochs is None or max_epochs < 1:
            raise InputError(
                "augment.recombine.from_epoch is a fifth of trainer.max_epochs, which is not set; give "
                "augment.recombine.from_epoch=N, or trainer.max_epochs=N"
            )
        return math.ceil(ALIGN_AFTER_SHARE * max_epochs)


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


NO_RECOMBINATION = Recombine()
