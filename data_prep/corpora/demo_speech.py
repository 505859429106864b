"""The built-in corpus for speech recognition: digits and commands, synthesised in many voices with noise."""

from dataclasses import dataclass

import numpy as np

from data_prep.manifest import Clip
from data_prep.synthesis.recipe import check_minimum, counts_by_split
from data_prep.synthesis.spoken_corpus import make_spoken_clips

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MAX_DIGITS = 6

COMMANDS = (
    "turn {switch} the {room} {device}",
    "turn the {sound} {direction}",
    "set a timer for {number} minutes",
    "{move} the {room} {opening}",
    "play some {music}",
    "stop the {running}",
    "what is the {fact}",
    "call {person}",
)
SLOTS = {
    "switch": ("on", "off"),
    "room": ("kitchen", "bedroom", "garden"),
    "device": ("light", "heater", "radio"),
    "sound": ("radio", "music", "volume"),
    "direction": ("up", "down"),
    "running": ("radio", "music", "timer"),
    "number": DIGITS[2:],
    "move": ("open", "close"),
    "opening": ("door", "window"),
    "music": ("music", "jazz"),
    "fact": ("time", "weather"),
    "person": ("home", "mother"),
}


@dataclass(frozen=True)
class DemoSpeech:
    """Strings of 1 to 6 digits, and as many commands from a small grammar: 16 kHz, about 2 s, SNR from 5 to 40 dB.

    The recordings are synthesised with espeak-ng (the optional extra 'demo'); once all are there, it is no longer
    needed. No voice occurs in two splits, not even with another accent.

    Attributes:
        root: Folder of the recordings; created if missing.
        seed: Seed for voices, texts and noise.
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
    train_utterances: int = 1600
    validation_utterances: int = 150
    test_utterances: int = 200
    num_workers: int = 2

    def __post_init__(self) -> None:
        check_minimum(self, 1, "train_voices", "validation_voices", "test_voices")
        check_minimum(self, 0, "train_utterances", "validation_utterances", "test_utterances", "num_workers")

    def clips(self) -> list[Clip]:
        """Synthesise the recordings that are missing and return all of them with their transcripts in lower case.

        Raises:
            InputError: espeak-ng is needed but not installed, there are fewer voices than asked for, or the folder
                holds recordings made with other settings.
        """
        return make_spoken_clips(
            "demo_speech",
            self.root,
            self.seed,
            counts_by_split(self, "voices"),
            counts_by_split(self, "utterances"),
            choose_text,
            self.num_workers,
        )


def choose_text(number: int, rng: np.random.Generator) -> str:
    """Return a string of digits for even utterance numbers and a command for odd ones."""
    if number % 2 == 0:
        return " ".join(rng.choice(DIGITS, size=rng.integers(1, MAX_DIGITS, endpoint=True)))
    chosen = {slot: rng.choice(words) for slot, words in SLOTS.items()}
    return str(rng.choice(COMMANDS)).format(**chosen)
