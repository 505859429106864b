"""Isolated signs by rendered hands: the embedded corpus for classification from video."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.synthesis.sign_video import Key
from data_prep.synthesis.signed_corpus import CastMember, SignedClip, cast, make_videos, random_stream

# Signs that are one handshape: from a relaxed hand to the handshape, which is held.
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
# Signs that differ in their movement alone: "close" is "open" shown backwards, so it has the same frames.
MOVING_SIGNS = ("open", "close")
LABELS = (*HELD_SIGNS, *MOVING_SIGNS)


@dataclass(frozen=True)
class DemoSigns:
    """Ten signs, each by many signers, as mp4 files of 1 to 2 seconds that are rendered on first use.

    Eight signs are handshapes. The other two, "open" and "close", differ in the order of their frames alone: what is
    blind to order cannot tell them apart. With the defaults it is about 480 clips and 10,000 frames.

    Attributes:
        root: The folder of the corpus; made if need be.
        seed: Other seeds give other signers and clips.
        train_signers: How many sign in the training split.
        validation_signers: In the validation split.
        test_signers: In the test split.
        takes: How often each signer signs each sign.
        num_workers: Processes that render.
    """

    root: str | Path
    seed: int = 0
    train_signers: int = 16
    validation_signers: int = 4
    test_signers: int = 4
    takes: int = 2
    num_workers: int = 2

    def __post_init__(self) -> None:
        """Check the values."""
        for name in ("seed", "validation_signers", "test_signers"):
            if getattr(self, name) < 0:
                raise InputError(f"corpus.{name} is {getattr(self, name)}, expected 0 or more")
        for name in ("train_signers", "takes"):
            if getattr(self, name) < 1:
                raise InputError(f"corpus.{name} is {getattr(self, name)}, expected 1 or more")

    def clips(self) -> list[Clip]:
        """Render the videos that are missing and return all clips, each with its label, signer and split.

        Raises:
            InputError: `root` holds videos made with other settings.
        """
        signers = {"train": self.train_signers, "validation": self.validation_signers, "test": self.test_signers}
        signed = [
            self._signed(signer, label, take)
            for signer in cast(signers)
            for label in LABELS
            for take in range(self.takes)
        ]
        recipe = {"corpus": "demo_signs", "seed": self.seed, "signers": signers, "takes": self.takes}
        return make_videos(Path(self.root), recipe, self.seed, signed, self.num_workers)

    def _signed(self, signer: CastMember, label: str, take: int) -> SignedClip:
        clip_id = f"{signer.id}/{label}_{take}"
        path = Path(os.path.abspath(self.root)) / f"{clip_id}.mp4"
        clip = Clip(id=clip_id, path=path, label=label, speaker=signer.id, split=signer.split)
        keys = keys_of_sign(label, random_stream(self.seed, clip_id))
        return SignedClip(clip, signer, keys, backwards=label == "close")


def keys_of_sign(label: str, rng: np.random.Generator) -> tuple[Key, ...]:
    """The handshapes a sign goes through, with durations drawn at random; "close" has the keys of "open"."""
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
