"""Many-to-many: connectionist temporal classification."""

import itertools
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.batch import length_mask
from recognizers.decoder.decoder import Decoder
from recognizers.decoder.greedy import Greedy
from recognizers.head.divergence import divergence
from recognizers.metrics import ErrorRate
from recognizers.prediction import Prediction
from recognizers.vocabulary import BLANK, Vocabulary


class Ctc(nn.Module):
    """Sequences of symbols without alignment (Graves et al., 2006).

    Args:
        num_inputs: Width H of encoded frames.
        vocabulary: Of characters or words.
        unit: What one symbol is, "character" or "word" (glosses); the vocabulary is made accordingly.

    Raises:
        InputError: The vocabulary is not of that unit.
    """

    target: ClassVar[Literal["text"]] = "text"
    monitor: ClassVar[tuple[str, Literal["min"]]] = ("cer", "min")

    def __init__(
        self, num_inputs: int, vocabulary: Vocabulary, unit: Literal["character", "word"] = "character"
    ) -> None:
        super().__init__()
        if unit not in ("character", "word") or vocabulary.unit != unit:
            raise InputError(
                f"a CTC head emits characters or words; found unit {unit!r}, vocabulary of {vocabulary.unit}s"
            )
        self.vocabulary = vocabulary
        self.decoder: Decoder = Greedy()
        self.linear = nn.Linear(num_inputs, vocabulary.num_ids)

    def required_frames(self, target: Sequence[int]) -> int:
        """A frame for each symbol, and a blank between each two equal neighbours."""
        repeats = sum(first == second for first, second in itertools.pairwise(target))
        return max(1, len(target) + repeats)

    def log_probs(self, encoded: torch.Tensor) -> torch.Tensor:
        """(N, T', H) -> (N, T', C)."""
        return self.linear(encoded).float().log_softmax(dim=-1)

    def loss(
        self, encoded: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """Mean over clips of the negative log-likelihood a symbol; infinite where a target cannot fit."""
        log_probs = self.log_probs(encoded).transpose(0, 1)  # (T', N, C), as CTC wants it
        return nn.functional.ctc_loss(log_probs, targets, lengths, target_lengths, blank=BLANK)

    def disagreement(self, encoded: torch.Tensor, lengths: torch.Tensor, target_lengths: torch.Tensor) -> torch.Tensor:
        """Mean over clips of what the views' emissions diverge over all frames, a symbol (CR-CTC, Yao et al., 2024)."""
        apart = divergence(self.log_probs(encoded)).masked_fill(~length_mask(lengths, encoded)[: len(encoded) // 2], 0)
        return (apart.sum(dim=1) / target_lengths[: len(apart)].to(apart.device).clamp(min=1)).mean()

    def decode(self, encoded: torch.Tensor, lengths: torch.Tensor) -> list[Prediction]:
        """Transcripts, as the decoder finds them."""
        return [
            Prediction(self.vocabulary.decode(ids), confidence)
            for ids, confidence in self.decoder.decode(self.log_probs(encoded), lengths, self.vocabulary)
        ]

    def emissions(self, encoded: torch.Tensor, lengths: torch.Tensor) -> list[torch.Tensor]:
        """What decoders start from: each clip's log-probabilities, (T', C)."""
        clips = self.log_probs(encoded).cpu()
        return [clip[:length] for clip, length in zip(clips, lengths.tolist(), strict=True)]

    def use(self, decoder: Decoder) -> None:
        """Decode with it from now on; raises InputError if it is no decoder."""
        if not isinstance(decoder, Decoder):
            raise InputError(f"decoder: {type(decoder).__name__} is no decoder")
        self.decoder = decoder

    def metrics(self) -> dict[str, ErrorRate]:
        """Word and character error rate."""
        return {"wer": ErrorRate("word"), "cer": ErrorRate("character")}
