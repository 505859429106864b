"""The built-in corpus for transcription of video: strings of letters fingerspelled by rendered hands."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_prep.manifest import Clip
from data_prep.synthesis.recipe import check_minimum, counts_by_split
from data_prep.synthesis.sign_video import Key
from data_prep.synthesis.signed_corpus import CastMember, SignedClip, cast_signers, make_signed_clips, random_stream

# Letters of the American manual alphabet that are held still and look different from each other from the front.
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
SHORTEST_TEXT, LONGEST_TEXT = 3, 5
DOUBLING_PROBABILITY = 0.2


@dataclass(frozen=True)
class DemoFingerspelling:
    """Random strings of three to five letters by many signers, as mp4 files that are rendered on first use.

    One handshape changes straight into the next. Between two equal letters the hand relaxes for a moment. The default
    settings give 288 clips with about 12,000 frames.

    Attributes:
        root: Folder of the videos; created if missing.
        seed: Seed for signers and strings.
        train_signers: Number of signers for training.
        validation_signers: Number of signers for validation.
        test_signers: Number of signers for testing.
        clips_per_signer: Number of strings that each signer spells.
        num_workers: Number of processes that render; 0 or 1 works in the current process.
    """

    root: str | Path
    seed: int = 0
    train_signers: int = 16
    validation_signers: int = 4
    test_signers: int = 4
    clips_per_signer: int = 12
    num_workers: int = 2

    def __post_init__(self) -> None:
        check_minimum(self, 0, "seed", "validation_signers", "test_signers")
        check_minimum(self, 1, "train_signers", "clips_per_signer")

    def clips(self) -> list[Clip]:
        """Render the videos that are missing and return all of them with text, signer and split.

        Raises:
            InputError: The folder holds videos made with other settings.
        """
        signers = counts_by_split(self, "signers")
        signed = [
            self._spell(signer, number) for signer in cast_signers(signers) for number in range(self.clips_per_signer)
        ]
        settings = {"signers": signers, "clips_per_signer": self.clips_per_signer}
        return make_signed_clips("demo_fingerspelling", self.root, self.seed, settings, signed, self.num_workers)

    def _spell(self, signer: CastMember, number: int) -> SignedClip:
        clip_id = f"{signer.id}/{number:03d}"
        rng = random_stream(self.seed, clip_id)
        text = draw_text(rng)
        return SignedClip(clip_id, signer, keys_for_text(text, rng), text=text)


def draw_text(rng: np.random.Generator) -> str:
    """Return three to five random letters; a letter may follow itself once, but never twice."""
    letters = sorted(LETTERS)
    text = letters[rng.integers(len(letters))]
    for _ in range(rng.integers(SHORTEST_TEXT, LONGEST_TEXT + 1) - 1):
        is_doubled = text[-2:] == 2 * text[-1]
        if rng.random() < DOUBLING_PROBABILITY and not is_doubled:
            text += text[-1]
        else:
            others = [letter for letter in letters if letter != text[-1]]
            text += others[rng.integers(len(others))]
    return text


def keys_for_text(text: str, rng: np.random.Generator) -> tuple[Key, ...]:
    """Return the handshapes of a string with random durations; the hand is relaxed before and after it."""
    keys = [Key("relaxed", hold_s=rng.uniform(0.1, 0.2))]
    for before, letter in zip(" " + text, text, strict=False):
        if letter == before:
            keys.append(Key("relaxed", hold_s=rng.uniform(0.07, 0.1), transition_s=rng.uniform(0.15, 0.2)))
        keys.append(Key(LETTERS[letter], hold_s=rng.uniform(0.25, 0.4), transition_s=rng.uniform(0.15, 0.25)))
    keys.append(Key("relaxed", hold_s=rng.uniform(0.1, 0.2), transition_s=rng.uniform(0.15, 0.25)))
    return tuple(keys)
