"""Fingerspelled strings by rendered hands: the embedded corpus for transcription from video."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.synthesis.sign_video import Key
from data_prep.synthesis.signed_corpus import CastMember, SignedClip, cast, make_videos, random_stream

# Letters of the American manual alphabet that keep still and look unlike each other from the front.
LETTERS = {
    "B": "flat",
    "C": "curved",
    "D": "ring_of_three",
    "F": "ring_of_index",
    "I": "little",
    "L": "thumb_index",
    "S": "fist",
    "V": "victory",
    "W": "three_fingers",
    "Y": "thumb_little",
}
_SHORTEST, _LONGEST = 3, 5
_DOUBLED = 0.2


@dataclass(frozen=True)
class DemoFingerspelling:
    """Random strings of three to five letters, spelled by many signers, as mp4 files rendered on first use.

    One letter passes straight into the next; a letter that is doubled is let go for a moment, the hand relaxed, and
    formed again. With the defaults it is about 290 clips and 12,000 frames.

    Attributes:
        root: The folder of the corpus; made if need be.
        seed: Other seeds give other signers and strings.
        train_signers: How many sign in the training split.
        validation_signers: In the validation split.
        test_signers: In the test split.
        clips_per_signer: How many strings each of them spells.
        num_workers: Processes that render.
    """

    root: str | Path
    seed: int = 0
    train_signers: int = 16
    validation_signers: int = 4
    test_signers: int = 4
    clips_per_signer: int = 12
    num_workers: int = 2

    def __post_init__(self) -> None:
        """Check the values."""
        for name in ("seed", "validation_signers", "test_signers"):
            if getattr(self, name) < 0:
                raise InputError(f"corpus.{name} is {getattr(self, name)}, expected 0 or more")
        for name in ("train_signers", "clips_per_signer"):
            if getattr(self, name) < 1:
                raise InputError(f"corpus.{name} is {getattr(self, name)}, expected 1 or more")

    def clips(self) -> list[Clip]:
        """Render the videos that are missing and return all clips, each with its text, signer and split.

        Raises:
            InputError: `root` holds videos made with other settings.
        """
        signers = {"train": self.train_signers, "validation": self.validation_signers, "test": self.test_signers}
        signed = [self._signed(signer, number) for signer in cast(signers) for number in range(self.clips_per_signer)]
        recipe = {
            "corpus": "demo_fingerspelling",
            "seed": self.seed,
            "signers": signers,
            "clips_per_signer": self.clips_per_signer,
        }
        return make_videos(Path(self.root), recipe, self.seed, signed, self.num_workers)

    def _signed(self, signer: CastMember, number: int) -> SignedClip:
        clip_id = f"{signer.id}/{number:03d}"
        rng = random_stream(self.seed, clip_id)
        text = random_text(rng)
        path = Path(os.path.abspath(self.root)) / f"{clip_id}.mp4"
        clip = Clip(id=clip_id, path=path, text=text, speaker=signer.id, split=signer.split)
        return SignedClip(clip, signer, keys_of_text(text, rng))


def random_text(rng: np.random.Generator) -> str:
    """Three to five letters; one in five is the one before it again, but never a third time."""
    letters = sorted(LETTERS)
    text = letters[rng.integers(len(letters))]
    for _ in range(rng.integers(_SHORTEST, _LONGEST + 1) - 1):
        tripled = text[-2:] == 2 * text[-1]
        if rng.random() < _DOUBLED and not tripled:
            text += text[-1]
        else:
            others = [letter for letter in letters if letter != text[-1]]
            text += others[rng.integers(len(others))]
    return text


def keys_of_text(text: str, rng: np.random.Generator) -> tuple[Key, ...]:
    """The handshapes of a string, from a relaxed hand to a relaxed hand, with durations drawn at random."""
    keys = [Key("relaxed", hold_s=rng.uniform(0.1, 0.2))]
    for before, letter in zip(" " + text, text, strict=False):
        if letter == before:
            keys.append(Key("relaxed", hold_s=rng.uniform(0.07, 0.1), transition_s=rng.uniform(0.15, 0.2)))
        keys.append(Key(LETTERS[letter], hold_s=rng.uniform(0.25, 0.4), transition_s=rng.uniform(0.15, 0.25)))
    keys.append(Key("relaxed", hold_s=rng.uniform(0.1, 0.2), transition_s=rng.uniform(0.15, 0.25)))
    return tuple(keys)
