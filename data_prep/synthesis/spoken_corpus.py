"""What the spoken demo corpora share: speakers dealt to splits, utterances drawn, spoken into noise and written."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile
import soxr

from data_prep.atomic import atomic_write
from data_prep.errors import InputError
from data_prep.manifest import SPLITS, Clip
from data_prep.synthesis.recipe import make_missing
from data_prep.synthesis.voice import ACCENTS, FEMALE_VARIANTS, MALE_VARIANTS, Voice, speak

Item = TypeVar("Item")

SAMPLE_RATE_HZ = 16000
SNRS_DB = (5.0, 40.0)
PEAKS_DB = (-20.0, -1.0)
SILENCES_S = (0.1, 0.6)

# Part of the recipe: to be raised whenever the same settings give other texts or sounds.
_VERSION = 1
# Shares of the families of variants, women and men dealt alike; the others are for training.
_FAMILY_SHARES = {"test": 0.25, "validation": 0.125}


@dataclass(frozen=True)
class Utterance:
    """Everything that determines a recording.

    Attributes:
        text: What is said.
        voice: Who says it.
        seed: Of the noise, and of the voice's own.
        snr_db: Power of the speech over that of the noise.
        noise_colour: The noise's power falls as frequency to this power: 0 is white, 1 pink, 2 brown.
        peak_db: Highest sample, relative to full scale.
        lead_s: Silence before the speech (with noise in it, as everywhere).
        trail_s: Silence after it.
    """

    text: str
    voice: Voice
    seed: int
    snr_db: float
    noise_colour: float
    peak_db: float
    lead_s: float
    trail_s: float

    @classmethod
    def draw(cls, text: str, speaker: Voice, rng: np.random.Generator) -> "Utterance":
        """That text by that speaker, at a random moment in a random place."""
        return cls(
            text,
            speaker.varied(rng),
            seed=int(rng.integers(2**31)),
            snr_db=rng.uniform(*SNRS_DB),
            noise_colour=rng.uniform(0.0, 2.0),
            peak_db=rng.uniform(*PEAKS_DB),
            lead_s=rng.uniform(*SILENCES_S),
            trail_s=rng.uniform(*SILENCES_S),
        )


def make_spoken_clips(
    name: str,
    root: str | Path,
    seed: int,
    num_voices: Mapping[str, int],
    num_utterances: Mapping[str, int],
    choose_text: Callable[[int, np.random.Generator], str],
    num_workers: int,
) -> list[Clip]:
    """The clips of a spoken corpus; recordings that are missing are made.

    A recording depends on the seed, the numbers of voices and its clip's id alone: a corpus that was interrupted, or
    is to have more utterances, keeps the recordings it has.

    Args:
        name: The corpus's name, for its recipe and the progress bar.
        root: The folder of the recordings; made if need be.
        seed: Another one gives another corpus.
        num_voices: By split.
        num_utterances: By split.
        choose_text: From the number of an utterance in its split, and random numbers, to what is said.
        num_workers: Processes to use.

    Returns:
        Clips with `text`, `speaker` and `split`.

    Raises:
        InputError: There are not that many voices, espeak-ng is not installed, or the folder was made by another
            recipe.
    """
    root = Path(root).expanduser().absolute()
    speakers = deal_speakers(seed, num_voices)
    clips, jobs = [], []
    for split in SPLITS:
        for number in range(num_utterances[split]):
            clip_id = f"{split}-{number:05d}"
            rng = _generator(seed, name, clip_id)
            text = choose_text(number, rng)
            speaker = speakers[split][rng.integers(len(speakers[split]))]
            path = root / split / f"{clip_id}.wav"
            clips.append(Clip(clip_id, path, text=text, speaker=speaker.name, split=split))
            jobs.append((path, Utterance.draw(text, speaker, rng)))
    recipe = {"corpus": name, "version": _VERSION, "seed": seed, "voices": dict(num_voices)}
    make_missing(root, recipe, jobs, write_utterance, num_workers, f"Speaking {name}")
    return clips


def by_split(train: int, validation: int, test: int) -> dict[str, int]:
    """Three numbers under the names of the splits they are for."""
    return {"train": train, "validation": validation, "test": test}


def check_counts(num_voices: Mapping[str, int], num_utterances: Mapping[str, int], num_workers: int) -> None:
    """Check the numbers a spoken corpus is made by.

    Raises:
        InputError: One of them is too small.
    """
    smallest = {f"{split}_voices": (number, 1) for split, number in num_voices.items()}
    smallest |= {f"{split}_utterances": (number, 0) for split, number in num_utterances.items()}
    smallest["num_workers"] = (num_workers, 0)
    for name, (number, least) in smallest.items():
        if number < least:
            raise InputError(f"{name} is {number}, expected {least} or more")


def deal_speakers(seed: int, num_voices: Mapping[str, int]) -> dict[str, list[Voice]]:
    """Draw the speakers of each split; a family of variants never stands in two splits, whatever its accents.

    Raises:
        InputError: More voices are asked for than there are.
    """
    families = _deal_families(_generator(seed, "families"))
    speakers = {}
    for split, number in num_voices.items():
        rng = _generator(seed, "voices", split)
        pairs = [
            _shuffled([(accent, variant) for variant in family for accent in ACCENTS], rng)
            for family in families[split]
        ]
        # In turn from every family: else the few that have many members would do most of the speaking.
        in_turn = [pair for round_ in zip_longest(*pairs) for pair in round_ if pair is not None]
        if number > len(in_turn):
            raise InputError(f"{split}_voices is {number}, but there are only {len(in_turn)} voices for that split")
        speakers[split] = [Voice.draw(accent, variant, rng) for accent, variant in in_turn[:number]]
    return speakers


def _deal_families(rng: np.random.Generator) -> dict[str, list[tuple[str, ...]]]:
    dealt: dict[str, list[tuple[str, ...]]] = {split: [] for split in SPLITS}
    for families in (FEMALE_VARIANTS, MALE_VARIANTS):
        waiting = _shuffled(families, rng)
        for split, share in _FAMILY_SHARES.items():
            number = round(share * len(families))
            dealt[split] += waiting[:number]
            waiting = waiting[number:]
        dealt["train"] += waiting
    return {split: _shuffled(families, rng) for split, families in dealt.items()}


def _shuffled(items: Sequence[Item], rng: np.random.Generator) -> list[Item]:
    return [items[index] for index in rng.permutation(len(items))]


def write_utterance(job: tuple[Path, Utterance]) -> None:
    """Write an utterance as 16-bit WAV, atomically."""
    path, utterance = job
    with atomic_write(path) as partial:
        soundfile.write(partial, record(utterance), SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")


def record(utterance: Utterance) -> np.ndarray:
    """Speak an utterance into noise.

    Returns:
        samples (num_samples,) float32 in [-1, 1], at `SAMPLE_RATE_HZ`.

    Raises:
        InputError: espeak-ng is not installed, or cannot read its data.
    """
    spoken, sample_rate_hz = speak(utterance.text, utterance.voice, utterance.seed)
    speech = soxr.resample(spoken.astype(np.float64), sample_rate_hz, SAMPLE_RATE_HZ)
    silences = [round(silence_s * SAMPLE_RATE_HZ) for silence_s in (utterance.lead_s, utterance.trail_s)]
    samples = np.pad(speech, silences)
    noise = coloured_noise(len(samples), utterance.noise_colour, np.random.default_rng(utterance.seed))
    samples += noise * np.sqrt(np.mean(speech**2)) * 10 ** (-utterance.snr_db / 20)
    samples *= 10 ** (utterance.peak_db / 20) / np.abs(samples).max()
    return samples.astype(np.float32)


def coloured_noise(num_samples: int, colour: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of unit power whose power falls as frequency to the power `colour`; flat below 50 Hz.

    Returns:
        samples (num_samples,) float64.
    """
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    frequencies_hz = np.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE_HZ)
    # Without a floor all of brown noise's power would lie where nothing is heard, and the speech would stay clean.
    spectrum *= np.maximum(frequencies_hz, 50.0) ** (-colour / 2)
    noise = np.fft.irfft(spectrum, num_samples)
    return noise / np.sqrt(np.mean(noise**2))


def _generator(seed: int, *names: str) -> np.random.Generator:
    # By name, not by position: what is drawn for one clip or split must not shift what is drawn for the next.
    digest = hashlib.sha256("/".join([str(seed), *names]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))
