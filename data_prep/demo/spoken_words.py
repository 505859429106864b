"""Single words in synthetic voices, cut at their ends: company for a corpus of few speakers."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

from data_prep.demo.recipe import make_missing
from data_prep.demo.spoken_corpus import Utterance, by_split, deal_speakers, generator
from data_prep.demo.voice import speak
from data_prep.manifest import Clip

SAMPLE_RATE_HZ = 8000
#: Samples softer than this share of the loudest are no part of the word at its ends.
SILENCE_SHARE = 0.03
#: What is left before and after it.
MARGINS_S = (0.01, 0.02)

# Part of the recipe: to be raised whenever the same settings give other sounds.
_VERSION = 1


def make_spoken_words(root: Path, words: Mapping[str, str], voices: int, seed: int, num_workers: int) -> list[Clip]:
    """Each word once in each voice; recordings that are missing are made.

    Args:
        root: The folder of the recordings; made if need be.
        words: What is said, by its label.
        voices: How many.
        seed: Another one gives other voices.
        num_workers: Processes to use.

    Returns:
        Training clips with `label` and `speaker`.

    Raises:
        InputError: There are not that many voices, espeak-ng is not installed, or the folder was made by another
            recipe.
    """
    shares = by_split(voices - voices // 8 - voices // 4, voices // 8, voices // 4)
    speakers = [speaker for dealt in deal_speakers(seed, shares).values() for speaker in dealt]
    clips, jobs = [], []
    for number, speaker in enumerate(speakers):
        for label, word in words.items():
            rng = generator(seed, "word", str(number), label)
            path = root / f"{number:03d}" / f"{label}.wav"
            clips.append(
                Clip(f"voice-{number:03d}/{label}", path, label=label, speaker=f"voice-{number:03d}", split="train")
            )
            jobs.append((path, replace(Utterance.draw(word, speaker, rng), lead_s=0.0, trail_s=0.0)))
    recipe = {"version": _VERSION, "words": dict(words), "voices": voices, "seed": seed}
    make_missing(root, recipe, jobs, write_word, num_workers, "Speaking words")
    return clips


def write_word(job: tuple[Path, Utterance]) -> None:
    """Write a word as 16-bit WAV, under a temporary name first; its folder must be there."""
    path, utterance = job
    spoken, rate_hz = speak(utterance.text, utterance.voice, utterance.seed)
    samples = trimmed(soxr.resample(spoken, rate_hz, SAMPLE_RATE_HZ))
    samples *= 10 ** (utterance.peak_db / 20) / np.abs(samples).max()
    partial = path.with_name(path.name + ".partial")
    soundfile.write(partial, samples, SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")
    os.replace(partial, path)


def trimmed(samples: np.ndarray) -> np.ndarray:
    """(T,) -> (T',): without the silence at both ends."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE_SHARE * np.abs(samples).max())
    before, after = (round(margin_s * SAMPLE_RATE_HZ) for margin_s in MARGINS_S)
    return samples[max(0, loud[0] - before) : loud[-1] + 1 + after].copy()
