"""Where each word is said in CMU AN4's training utterances."""

from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.an4.an4 import media_path
from data_prep.media import Media

#: Utterance, then of each word: start and end in seconds, and the word. Aligned to the transcripts of the training list
#: (CTC's best path, then the sound around it) by a recognizer of `experiment=an4` that knew 59 of the 74 speakers; the
#: 2 % of the words of which it was unsure are left out.
TIMES = Path(__file__).with_name("word_alignments.tsv")


@dataclass(frozen=True)
class SpokenWord:
    """A word as somebody once said it.

    Attributes:
        utterance: As the training list names it.
        media: The recording of the utterance, and the stretch that is the word.
        text: In capitals.
        speaker: Who says it.
    """

    utterance: str
    media: Media
    text: str
    speaker: str


def spoken_words(root: Path) -> list[SpokenWord]:
    """Words of the utterances whose recordings are there, in the training list's order.

    Args:
        root: As of `An4`.
    """
    words = []
    for line in TIMES.read_text(encoding="utf-8").splitlines():
        utterance, *stretches = line.split("\t")
        path, encoding = media_path(root, Path(utterance))
        if path.is_file():
            for stretch in stretches:
                start_s, end_s, text = stretch.split()
                media = Media(path, float(start_s), float(end_s), encoding)
                words.append(SpokenWord(utterance, media, text, Path(utterance).parent.name))
    return words
