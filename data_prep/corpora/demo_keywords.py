"""The embedded keyword corpus: ten words, spoken by a synthesizer in many voices, in noise."""

from dataclasses import dataclass, replace

import numpy as np

from data_prep.manifest import Clip
from data_prep.synthesis.spoken_corpus import by_split, check_counts, make_spoken_clips

KEYWORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")


@dataclass(frozen=True)
class DemoKeywords:
    """One of ten words a recording, each equally often; 16 kHz, about 1 s each, SNR 5 to 40 dB.

    What is missing is spoken by espeak-ng (the optional extra 'demo'); a corpus that is complete needs it no more.
    No voice of a split occurs in another one, in whatever accent.

    Attributes:
        root: The folder of the recordings; made if need be.
        seed: Another one gives other voices and noises.
        train_voices: Speakers for training.
        validation_voices: Speakers for validation.
        test_voices: Speakers for the test.
        train_utterances: Recordings for training.
        validation_utterances: Recordings for validation.
        test_utterances: Recordings for the test.
        num_workers: Processes that speak; 0 or 1 speaks in this one.
    """

    root: str
    seed: int = 0
    train_voices: int = 120
    validation_voices: int = 20
    test_voices: int = 40
    train_utterances: int = 1200
    validation_utterances: int = 100
    test_utterances: int = 200
    num_workers: int = 2

    def __post_init__(self) -> None:
        """Check the settings."""
        check_counts(self._num_voices, self._num_utterances, self.num_workers)

    @property
    def _num_voices(self) -> dict[str, int]:
        return by_split(self.train_voices, self.validation_voices, self.test_voices)

    @property
    def _num_utterances(self) -> dict[str, int]:
        return by_split(self.train_utterances, self.validation_utterances, self.test_utterances)

    def clips(self) -> list[Clip]:
        """The recordings with their labels; those that are missing are made first.

        Raises:
            InputError: espeak-ng is needed and not installed, there are not that many voices, or the folder was
                made with other settings.
        """
        spoken = make_spoken_clips(
            "demo_keywords", self.root, self.seed, self._num_voices, self._num_utterances, choose_word, self.num_workers
        )
        return [replace(clip, label=clip.text, text=None) for clip in spoken]


def choose_word(number: int, rng: np.random.Generator) -> str:
    """Each word in its turn, so that all are equally frequent; nothing is drawn."""
    return KEYWORDS[number % len(KEYWORDS)]
