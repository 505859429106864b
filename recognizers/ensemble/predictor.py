"""Several trained recognizers that answer as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_prep.features.extractor import Frames
from data_prep.features.joint import JointFeatures, JointFrames
from recognizers.decoder.decoder import Decoder
from recognizers.ensemble.labelling_search import search
from recognizers.ensemble.mean_label import mean_log_probs
from recognizers.ensemble.members import check_members, columns_for
from recognizers.inference.clip_predictor import DecodedClip
from recognizers.inference.predictor import Predictor
from recognizers.interpreter import Interpreter, interpreter_for
from recognizers.prediction import ClipPrediction, ClipText


class EnsemblePredictor:
    """Recognizers of the same symbols; see `recognizers.inference.clip_predictor.ClipPredictor`.

    A label's probability is the mean of the members' probabilities. A text is found by `labelling_search`. The times of
    its words, and the emissions that pictures show, are those of the first member; so is the decoder, unless another
    is chosen.

    Args:
        members: The recognizers. Only their emissions are used, so their own decoders do not matter.
        names: How messages name each member.
        decoder: Finds transcripts; None for that of the first member.

    Raises:
        InputError: The recognizers cannot answer together, see `check_members`, or the decoder does not suit them.
    """

    def __init__(self, members: Sequence[Predictor], names: Sequence[str], decoder: Decoder | None = None) -> None:
        check_members(names, members)
        self.members = tuple(members)
        self.names = tuple(names)
        vocabulary = members[0].interpreter.vocabulary
        self.extractor = JointFeatures(tuple(member.extractor for member in members))
        self.interpreter: Interpreter = interpreter_for(vocabulary, decoder or members[0].interpreter.decoder)
        self._columns = [columns_for(vocabulary, member.interpreter.vocabulary) for member in members]

    @property
    def emission_rate_hz(self) -> float:
        """Emissions of the first member for each second of a clip."""
        return self.members[0].emission_rate_hz

    def with_decoder(self, decoder: Decoder) -> EnsemblePredictor:
        """The same members with another decoder.

        Raises:
            InputError: The decoder does not suit the vocabulary.
        """
        return EnsemblePredictor(self.members, self.names, decoder)

    def predict(self, clips: Sequence[Frames], batch_size: int) -> list[ClipPrediction]:
        """Predict the text or the label of each clip; keeps the order of the clips.

        Raises:
            InputError: `batch_size` is below 1.
        """
        if self.interpreter.target == "text":
            spell = self.interpreter.vocabulary.spell
            return [ClipText(spell(each.ids), each.confidence) for each in self.decode_clips(clips, batch_size)]
        labels = self.emissions(clips, batch_size)
        return [self.interpreter.predictions(each[None], np.ones(1, np.int64))[0] for each in labels]

    def emissions(self, clips: Sequence[Frames], batch_size: int) -> list[np.ndarray]:
        """Compute each clip's log-probabilities: for labels ln of the mean probability, for text the first member's."""
        if self.interpreter.target == "text":
            return self._emissions_of(0, clips, batch_size)
        return [mean_log_probs(each) for each in self.member_emissions(clips, batch_size)]

    def decode_clips(self, clips: Sequence[Frames], batch_size: int) -> list[DecodedClip]:
        """Find the symbols of each clip; the log-probabilities for times are those of the first member."""
        decoder, vocabulary = self.interpreter.decoder, self.interpreter.vocabulary
        return [
            DecodedClip(*search(each, decoder, vocabulary), each[0])
            for each in self.member_emissions(clips, batch_size)
        ]

    def member_emissions(self, clips: Sequence[Frames], batch_size: int) -> list[tuple[np.ndarray, ...]]:
        """Compute all members' log-probabilities of each clip, in the shape that `emissions` gives."""
        by_member = [self._emissions_of(number, clips, batch_size) for number in range(len(self.members))]
        return list(zip(*by_member, strict=True))

    def _emissions_of(self, number: int, clips: Sequence[Frames], batch_size: int) -> list[np.ndarray]:
        """Compute one member's emissions, its symbols in the order of the ensemble's vocabulary."""
        frames = []
        for clip in clips:
            if not isinstance(clip, JointFrames):
                raise TypeError(f"an ensemble needs frames of its own extractor; found {type(clip).__name__}")
            frames.append(clip.members[number])
        emissions = self.members[number].emissions(frames, batch_size)
        columns = self._columns[number]
        return emissions if columns is None else [each[..., columns] for each in emissions]
