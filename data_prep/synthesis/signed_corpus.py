"""What the demo corpora of rendered signing share: who signs in which split, and the videos made of their clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from data_prep.manifest import Clip
from data_prep.synthesis.recipe import make_missing
from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_video

# Part of every recipe; to be raised when the same settings come to give other pictures.
RENDERING = 1


@dataclass(frozen=True)
class CastMember:
    """One signer of a corpus.

    Attributes:
        id: Unique within the corpus.
        split: The one split this signer is seen in.
        left_handed: About one in three is, in each split.
    """

    id: str
    split: str
    left_handed: bool


@dataclass(frozen=True)
class SignedClip:
    """A clip and how it is signed.

    Attributes:
        clip: The row of the manifest.
        signer: Who signs it.
        keys: The handshapes it goes through.
        backwards: Whether its frames are shown last to first.
    """

    clip: Clip
    signer: CastMember
    keys: tuple[Key, ...]
    backwards: bool = False


def cast(signers_by_split: dict[str, int]) -> list[CastMember]:
    """The signers of a corpus; none stands in two splits."""
    return [
        CastMember(f"{split}{number:02d}", split, left_handed=number % 3 == 1)
        for split, count in signers_by_split.items()
        for number in range(count)
    ]


def random_stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers that depend on the seed and a name alone, so that work can be done in any order."""
    return np.random.default_rng([seed, *name.encode()])


def make_videos(
    root: Path, recipe: dict[str, Any], seed: int, signed: Sequence[SignedClip], num_workers: int
) -> list[Clip]:
    """Render the videos that are not there yet, and return the clips.

    Raises:
        InputError: `root` holds videos made with other settings.
    """
    jobs = [(one.clip.path, (seed, one)) for one in signed]
    make_missing(root, recipe | {"rendering": RENDERING}, jobs, _make_video, num_workers, "rendering signs")
    return [one.clip for one in signed]


def render_clip(seed: int, signed: SignedClip) -> np.ndarray:
    """The frames of one clip: (T, 256, 256, 3) uint8 RGB."""
    signer = draw_signer(random_stream(seed, signed.signer.id), signed.signer.left_handed)
    frames = render_keys(signed.keys, signer, random_stream(seed, f"frames of {signed.clip.id}"))
    return frames[::-1] if signed.backwards else frames


def _make_video(job: tuple[Path, tuple[int, SignedClip]]) -> None:
    cv2.setNumThreads(1)  # the processes that share the work would only fight over the cores
    path, (seed, signed) = job
    write_video(path, render_clip(seed, signed))
