"""The digits that are said in CMU AN4, cut out of its sentences: one word a clip."""

import logging
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.an4 import media_path
from data_prep.corpora.corpus import checked_root, no_clips
from data_prep.manifest import Clip

log = logging.getLogger(__name__)

#: Where each digit is said: utterance, start and end in seconds, digit. Aligned to the transcripts of the training
#: list (CTC's best path, then the sound around it) by a recognizer of `experiment=an4`.
TIMES = Path(__file__).with_name("an4_digits.tsv")


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
        root = checked_root(self.root, "AN4: wav/an4_clstk")
        clips = []
        for number, line in enumerate(TIMES.read_text(encoding="utf-8").splitlines(), start=1):
            utterance, start_s, end_s, digit = line.split("\t")
            path, encoding = media_path(root, Path(utterance))
            if path.is_file():
                clips.append(
                    Clip(
                        str(number),
                        path,
                        float(start_s),
                        float(end_s),
                        label=digit,
                        speaker=Path(utterance).parent.name,
                        split="train",
                        encoding=encoding,
                    )
                )
        if not clips:
            raise no_clips(self.root, "AN4: wav/an4_clstk")
        return clips
