"""The digits that are said in CMU AN4, cut out of its sentences: one word a clip."""

import logging
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.an4.word_alignments import spoken_words
from data_prep.corpora.corpus import checked_root, no_clips
from data_prep.manifest import Clip

log = logging.getLogger(__name__)

DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")


@dataclass(frozen=True)
class An4Digits:
    """About 1,600 digits by 74 people, labelled 0 to 9, all for training: none is of AN4's test list.

    Attributes:
        root: As of `An4`.
        optional: Where the folder is missing, say so and go on without.
    """

    root: str
    optional: bool = False

    def clips(self) -> list[Clip]:
        """Stretches of the utterances that are there."""
        if self.optional and not Path(self.root).expanduser().is_dir():
            log.warning(
                "training goes on without the digits of AN4, which make strangers' digits far better recognised: "
                "there is no folder %s",
                self.root,
            )
            return []
        said = [word for word in spoken_words(checked_root(self.root, "AN4: wav/an4_clstk")) if word.text in DIGITS]
        if not said:
            raise no_clips(self.root, "AN4: wav/an4_clstk")
        return [
            Clip(
                str(number),
                word.media.path,
                word.media.start_s,
                word.media.end_s,
                label=str(DIGITS.index(word.text)),
                speaker=word.speaker,
                split="train",
                encoding=word.media.encoding,
            )
            for number, word in enumerate(said, start=1)
        ]
