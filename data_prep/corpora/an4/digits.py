"""The digits spoken in CMU AN4, as clips that are parts of its recordings."""

import logging
from dataclasses import dataclass

from data_prep.corpora.an4.word_alignments import read_spoken_words
from data_prep.corpora.corpus import check_root, no_clips_error
from data_prep.manifest import Clip
from data_prep.operating_system import expand_home

log = logging.getLogger(__name__)

DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")


@dataclass(frozen=True)
class An4Digits:
    """About 1,600 digits by 74 speakers, labelled 0 to 9 and all for training; none is from AN4's test list.

    Attributes:
        root: Folder of the corpus, as in `An4`.
        optional: Whether a missing folder gives no clips and a warning rather than an error.
    """

    root: str
    optional: bool = False

    def clips(self) -> list[Clip]:
        """Return a clip for each digit whose recording is there."""
        if self.optional and not expand_home(self.root).is_dir():
            log.warning(
                "there is no folder %s: training continues without the digits of AN4, which make digits of unknown "
                "speakers much easier to recognise",
                self.root,
            )
            return []
        expected = "AN4: wav/an4_clstk"
        digits = [word for word in read_spoken_words(check_root(self.root, expected)) if word.text in DIGITS]
        if not digits:
            raise no_clips_error(self.root, expected)
        return [
            Clip(
                str(number),
                word.path,
                word.start_s,
                word.end_s,
                label=str(DIGITS.index(word.text)),
                speaker=word.speaker,
                split="train",
                encoding=word.encoding,
            )
            for number, word in enumerate(digits, start=1)
        ]
