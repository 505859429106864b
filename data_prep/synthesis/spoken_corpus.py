"""Speakers, random utterances and noisy recordings of the spoken demo corpora."""

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
from data_prep.operating_system import expand_home
from data_prep.synthesis.recipe import make_missing
from data_prep.synthesis.voice import ACCENTS, FEMALE_VARIANTS, MALE_VARIANTS, Voice, speak

Item = TypeVar("Item")

SAMPLE_RATE_HZ = 16000
SNR_RANGE_DB = (5.0, 40.0)
PEAK_RANGE_DB = (-20.0, -1.0)
SILENCE_RANGE_S = (0.1, 0.6)

# Part of the recipe; increase it whenever the same settings give different texts or recordings.
_VERSION = 1
# Fractions of the female and of the male families of variants; the remaining families are for training.
_FAMILY_SHARES = {"test": 0.25, "validation": 0.125}


@dataclass(frozen=True)
class Utterance:
    """Everything that determines a recording.

    Attributes:
        text: Text that is spoken.
        voice: Voice that speaks it.
        seed: Seed for the noise and for the random numbers of espeak-ng.
        snr_db: Signal-to-noise ratio.
        noise_colour: Exponent with which the power of the noise falls with frequency: 0 is white, 1 pink, 2 brown.
        peak_db: Highest absolute sample, relative to full scale.
        lead_s: Pause before the speech; it contains noise like the rest of the recording.
        trail_s: Pause after the speech.
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
        """Return an utterance of the text by the speaker, under random conditions."""
        return cls(
            text,
            speaker.varied(rng),
            seed=int(rng.integers(2**31)),
            snr_db=rng.uniform(*SNR_RANGE_DB),
            noise_colour=rng.uniform(0.0, 2.0),
            peak_db=rng.uniform(*PEAK_RANGE_DB),
            lead_s=rng.uniform(*SILENCE_RANGE_S),
            trail_s=rng.uniform(*SILENCE_RANGE_S),
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
    """Synthesise the recordings that are missing and return all clips of a spoken corpus.

    A recording depends only on the seed, the numbers of voices and the id of its clip. A corpus that was interrupted,
    or that gets more utterances, therefore keeps the recordings it has.
    `choose_text` returns a text, given the number of the utterance within its split and a random generator.

    Returns:
        Clips with `text`, `speaker` and `split`.

    Raises:
        InputError: There are fewer voices than asked for, espeak-ng is not installed, or the folder holds recordings
            made with other settings.
    """
    root = expand_home(root).absolute()
    speakers = draw_speakers(seed, num_voices)
    clips, jobs = [], []
    for split in SPLITS:
        for number in range(num_utterances[split]):
            clip_id = f"{split}-{number:05d}"
            rng = _random_stream(seed, name, clip_id)
            text = choose_text(number, rng)
            speaker = speakers[split][rng.integers(len(speakers[split]))]
            path = root / split / f"{clip_id}.wav"
            clips.append(Clip(clip_id, path, text=text, speaker=speaker.name, split=split))
            jobs.append((path, Utterance.draw(text, speaker, rng)))
    recipe = {"corpus": name, "version": _VERSION, "seed": seed, "voices": dict(num_voices)}
    make_missing(root, recipe, jobs, write_utterance, num_workers, f"Synthesising {name}")
    return clips


def draw_speakers(seed: int, num_voices: Mapping[str, int]) -> dict[str, list[Voice]]:
    """Draw the speakers of each split; no family of variants is in two splits, not even with other accents.

    Raises:
        InputError: There are fewer voices than asked for.
    """
    families = _split_families(_random_stream(seed, "families"))
    speakers = {}
    for split, number in num_voices.items():
        rng = _random_stream(seed, "voices", split)
        pairs = [
            _shuffled([(accent, variant) for variant in family for accent in ACCENTS], rng)
            for family in families[split]
        ]
        # Take one voice from each family in turn; otherwise the few large families would supply most of the voices.
        in_turn = [pair for round_ in zip_longest(*pairs) for pair in round_ if pair is not None]
        if number > len(in_turn):
            raise InputError(
                f"corpus.{split}_voices is {number}, but there are only {len(in_turn)} voices for that split"
            )
        speakers[split] = [Voice.draw(accent, variant, rng) for accent, variant in in_turn[:number]]
    return speakers


def _split_families(rng: np.random.Generator) -> dict[str, list[tuple[str, ...]]]:
    families_of: dict[str, list[tuple[str, ...]]] = {split: [] for split in SPLITS}
    for families in (FEMALE_VARIANTS, MALE_VARIANTS):
        remaining = _shuffled(families, rng)
        for split, share in _FAMILY_SHARES.items():
            number = round(share * len(families))
            families_of[split] += remaining[:number]
            remaining = remaining[number:]
        families_of["train"] += remaining
    return {split: _shuffled(families, rng) for split, families in families_of.items()}


def _shuffled(items: Sequence[Item], rng: np.random.Generator) -> list[Item]:
    return [items[index] for index in rng.permutation(len(items))]


def write_utterance(job: tuple[Path, Utterance]) -> None:
    """Write the recording of an utterance as 16-bit WAV, atomically."""
    path, utterance = job
    samples = render_utterance(utterance)
    with atomic_write(path) as partial:
        soundfile.write(partial, samples, SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")


def render_utterance(utterance: Utterance) -> np.ndarray:
    """Return the recording of an utterance: synthetic speech with noise.

    Returns:
        Samples (num_samples,) float32 in [-1, 1] at `SAMPLE_RATE_HZ`.

    Raises:
        InputError: espeak-ng is not installed or cannot read its data.
    """
    spoken, sample_rate_hz = speak(utterance.text, utterance.voice, utterance.seed)
    speech = soxr.resample(spoken.astype(np.float64), sample_rate_hz, SAMPLE_RATE_HZ)
    pauses = [round(pause_s * SAMPLE_RATE_HZ) for pause_s in (utterance.lead_s, utterance.trail_s)]
    samples = np.pad(speech, pauses)
    noise = coloured_noise(len(samples), utterance.noise_colour, np.random.default_rng(utterance.seed))
    samples += noise * np.sqrt(np.mean(speech**2)) * 10 ** (-utterance.snr_db / 20)
    samples *= 10 ** (utterance.peak_db / 20) / np.abs(samples).max()
    return samples.astype(np.float32)


def coloured_noise(num_samples: int, colour: float, rng: np.random.Generator) -> np.ndarray:
    """Return Gaussian noise of unit power with a power spectrum of ``frequency ** -colour``, flat below 50 Hz.

    Returns:
        Samples (num_samples,) float64.
    """
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    frequencies_hz = np.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE_HZ)
    # Without this floor, nearly all power of brown noise would be at inaudible frequencies and leave the speech clean.
    spectrum *= np.maximum(frequencies_hz, 50.0) ** (-colour / 2)
    noise = np.fft.irfft(spectrum, num_samples)
    return noise / np.sqrt(np.mean(noise**2))


def _random_stream(seed: int, *names: str) -> np.random.Generator:
    # Seeded by name rather than position, so that random draws for one clip or split do not change those for another.
    digest = hashlib.sha256("/".join([str(seed), *names]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))
