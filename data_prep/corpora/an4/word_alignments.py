"""The start and end of each word in CMU AN4's training utterances."""

from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.an4.an4 import find_recording

#: One utterance per line: its id, then the start and end in seconds and the text of each word. The transcripts of the
#: training list were aligned by a recognizer trained with `experiment=an4` on 59 of the 74 speakers: each word is the
#: best CTC path, extended to the sound around it. The 2 % of the words whose alignment was uncertain are left out.
ALIGNMENTS = Path(__file__).with_name("word_alignments.tsv")


@dataclass(frozen=True)
class SpokenWord:
    """One word of an utterance, with its place in the recording.

    Attributes:
        utterance: Id of the utterance in the training list.
        path: Recording of the utterance.
        encoding: Encoding of the recording if it has no header.
        start_s: Start of the word in the recording.
        end_s: End of the word in the recording.
        text: The word in capitals.
        speaker: Id of the speaker.
    """

    utterance: str
    path: Path
    encoding: str | None
    start_s: float
    end_s: float
    text: str
    speaker: str


def read_spoken_words(root: Path) -> list[SpokenWord]:
    """Return the words of all utterances whose recordings are below `root`, in the order of the training list."""
    words = []
    for line in ALIGNMENTS.read_text(encoding="utf-8").splitlines():
        utterance, *alignments = line.split("\t")
        path, encoding = find_recording(root, Path(utterance))
        if path.is_file():
            for alignment in alignments:
                start_s, end_s, text = alignment.split()
                speaker = Path(utterance).parent.name
                words.append(SpokenWord(utterance, path, encoding, float(start_s), float(end_s), text, speaker))
    return words
