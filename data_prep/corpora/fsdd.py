"""The Free Spoken Digit Dataset: ten digits by a handful of speakers, 8 kHz."""

from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.pattern import PatternCorpus
from data_prep.demo.spoken_words import make_spoken_words
from data_prep.errors import InputError
from data_prep.manifest import Clip

PATTERN = r"(recordings/)?(?P<label>\d)_(?P<speaker>[a-z]+)_(?P<take>\d+)\.wav"
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Fsdd:
    """Files ``{digit}_{speaker}_{take}.wav``, and perhaps the digits in synthetic voices to train on as well.

    Who has heard four people does not know how a fifth speaks: the synthetic voices add other throats and accents.
    They are spoken by espeak-ng (the optional extra 'demo') and never stand in validation or test.

    Attributes:
        root: The folder of the recordings, or the one it lies in.
        validation_share: Share of the recordings for validation, by speaker.
        test_share: Likewise for the test.
        fold: Which of the parts of that size is held out, for cross-validation; see `assign_splits`.
        voices: How many synthetic voices there are in training; 0 for none.
        voices_root: The folder of their recordings; made if need be.
        seed: Another one gives other voices.
        num_workers: Processes that speak.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int = 0
    voices: int = 0
    voices_root: str = "data/fsdd_voices"
    seed: int = 0
    num_workers: int = 2

    def __post_init__(self) -> None:
        if self.voices < 0:
            raise InputError(f"corpus.voices must be 0 or more; found {self.voices!r}")

    def clips(self) -> list[Clip]:
        """The recordings, then the synthetic ones."""
        clips = PatternCorpus(self.root, PATTERN, None, self.validation_share, self.test_share, self.fold).clips()
        if self.voices:
            words = {str(digit): word for digit, word in enumerate(WORDS)}
            folder = Path(self.voices_root).expanduser().absolute()
            clips += make_spoken_words(folder, words, self.voices, self.seed, self.num_workers)
        return clips
