"""The built-in corpus for keyword spotting: ten words, synthesised in many voices with background noise."""

from dataclasses import dataclass, replace

import numpy as np

from data_prep.manifest import Clip
from data_prep.synthesis.recipe import check_minimum, counts_by_split
from data_prep.synthesis.spoken_corpus import make_spoken_clips

KEYWORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")


@dataclass(frozen=True)
class DemoKeywords:
    """Recordings of one of ten keywords, all equally frequent: 16 kHz, about 1 s, SNR from 5 to 40 dB.

    The recordings are synthesised with espeak-ng (the optional extra 'demo'); once all are there, it is no longer
    needed. No voice occurs in two splits, not even with another accent.

    Attributes:
        root: Folder of the recordings; created if missing.
        seed: Seed for voices and noise.
        train_voices: Number of speakers for training.
        validation_voices: Number of speakers for validation.
        test_voices: Number of speakers for testing.
        train_utterances: Number of recordings for training.
        validation_utterances: Number of recordings for validation.
        test_utterances: Number of recordings for testing.
        num_workers: Number of processes that synthesise; 0 or 1 works in the current process.
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
        check_minimum(self, 1, "train_voices", "validation_voices", "test_voices")
        check_minimum(self, 0, "train_utterances", "validation_utterances", "test_utterances", "num_workers")

    def clips(self) -> list[Clip]:
        """Synthesise the recordings that are missing and return all of them with their labels.

        Raises:
            InputError: espeak-ng is needed but not installed, there are fewer voices than asked for, or the folder
                holds recordings made with other settings.
        """
        spoken = make_spoken_clips(
            "demo_keywords",
            self.root,
            self.seed,
            counts_by_split(self, "voices"),
            counts_by_split(self, "utterances"),
            choose_word,
            self.num_workers,
        )
        return [replace(clip, label=clip.text, text=None) for clip in spoken]


def choose_word(number: int, rng: np.random.Generator) -> str:
    """Return the keywords in turn, so that all are equally frequent; `rng` is not used."""
    return KEYWORDS[number % len(KEYWORDS)]
