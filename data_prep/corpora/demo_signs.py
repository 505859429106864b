"""The built-in corpus for classification of video: isolated signs by rendered hands."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_prep.manifest import Clip
from data_prep.synthesis.recipe import check_minimum, counts_by_split
from data_prep.synthesis.sign_video import Key
from data_prep.synthesis.signed_corpus import CastMember, SignedClip, cast_signers, make_signed_clips, random_stream

# Signs with a single handshape: the hand starts relaxed, takes the handshape and holds it.
HELD_SIGNS = {
    "flat": "flat",
    "one": "point",
    "two": "victory",
    "six": "three_fingers",
    "nine": "ring_of_index",
    "l": "thumb_index",
    "y": "thumb_little",
    "ily": "thumb_index_little",
}
# Signs that differ only in their movement: "close" is "open" played backwards, so both have the same frames.
MOVING_SIGNS = ("open", "close")
LABELS = (*HELD_SIGNS, *MOVING_SIGNS)


@dataclass(frozen=True)
class DemoSigns:
    """Ten signs by many signers, as mp4 files of 1 to 2 seconds that are rendered on first use.

    Eight of the signs are handshapes. The other two, "open" and "close", differ only in the order of their frames, so
    a model that ignores order cannot tell them apart. The default settings give 480 clips with about 10,000 frames.

    Attributes:
        root: Folder of the videos; created if missing.
        seed: Seed for signers and clips.
        train_signers: Number of signers for training.
        validation_signers: Number of signers for validation.
        test_signers: Number of signers for testing.
        takes: Number of clips of each sign by each signer.
        num_workers: Number of processes that render; 0 or 1 works in the current process.
    """

    root: str | Path
    seed: int = 0
    train_signers: int = 16
    validation_signers: int = 4
    test_signers: int = 4
    takes: int = 2
    num_workers: int = 2

    def __post_init__(self) -> None:
        check_minimum(self, 0, "seed", "validation_signers", "test_signers")
        check_minimum(self, 1, "train_signers", "takes")

    def clips(self) -> list[Clip]:
        """Render the videos that are missing and return all of them with label, signer and split.

        Raises:
            InputError: The folder holds videos made with other settings.
        """
        signers = counts_by_split(self, "signers")
        signed = [
            self._sign(signer, label, take)
            for signer in cast_signers(signers)
            for label in LABELS
            for take in range(self.takes)
        ]
        settings = {"signers": signers, "takes": self.takes}
        return make_signed_clips("demo_signs", self.root, self.seed, settings, signed, self.num_workers)

    def _sign(self, signer: CastMember, label: str, take: int) -> SignedClip:
        clip_id = f"{signer.id}/{label}_{take}"
        keys = keys_for_sign(label, random_stream(self.seed, clip_id))
        return SignedClip(clip_id, signer, keys, label=label, backwards=label == "close")


def keys_for_sign(label: str, rng: np.random.Generator) -> tuple[Key, ...]:
    """Return the handshapes of a sign with random durations; "close" has the same ones as "open"."""
    if label in MOVING_SIGNS:
        return (
            Key("fist", hold_s=rng.uniform(0.35, 0.55)),
            Key("open", hold_s=rng.uniform(0.35, 0.55), transition_s=rng.uniform(0.35, 0.55)),
        )
    keys: tuple[Key, ...] = (
        Key("relaxed", hold_s=rng.uniform(0.07, 0.17)),
        Key(HELD_SIGNS[label], hold_s=rng.uniform(0.7, 1.0), transition_s=rng.uniform(0.25, 0.35)),
    )
    if rng.random() < 0.5:
        keys += (Key("relaxed", hold_s=rng.uniform(0.07, 0.13), transition_s=rng.uniform(0.25, 0.35)),)
    return keys
