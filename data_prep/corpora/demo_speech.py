"""The embedded speech corpus: digits and commands, spoken by a synthesizer in many voices, in noise."""

from dataclasses import dataclass

import numpy as np

from data_prep.manifest import Clip
from data_prep.synthesis.spoken_corpus import by_split, check_counts, make_spoken_clips

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
    """Half strings of 1 to 6 digits, half commands from a small grammar; 16 kHz, about 2 s each, SNR 5 to 40 dB.

    What is missing is spoken by espeak-ng (the optional extra 'demo'); a corpus that is complete needs it no more.
    No voice of a split occurs in another one, in whatever accent.

    Attributes:
        root: The folder of the recordings; made if need be.
        seed: Another one gives other voices, texts and noises.
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
    train_utterances: int = 1600
    validation_utterances: int = 150
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
        """The recordings with their transcripts, in lower case; those that are missing are made first.

        Raises:
            InputError: espeak-ng is needed and not installed, there are not that many voices, or the folder was
                made with other settings.
        """
        return make_spoken_clips(
            "demo_speech", self.root, self.seed, self._num_voices, self._num_utterances, choose_text, self.num_workers
        )


def choose_text(number: int, rng: np.random.Generator) -> str:
    """Digits for even numbers of utterances, a command for odd ones."""
    if number % 2 == 0:
        return " ".join(rng.choice(DIGITS, size=rng.integers(1, MAX_DIGITS, endpoint=True)))
    chosen = {slot: rng.choice(words) for slot, words in SLOTS.items()}
    return str(rng.choice(COMMANDS)).format(**chosen)
