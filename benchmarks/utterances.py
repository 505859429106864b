"""Utterances that are known word by word, as WAV and as FLAC: AN4's, or without it the demo's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from benchmarks.sounds import FORMATS, RATE_HZ, Sounds
from data_prep.corpora.an4.an4 import An4
from data_prep.corpora.demo_speech import DemoSpeech
from data_prep.manifest import Clip
from data_prep.media import read_audio


@dataclass(frozen=True)
class Utterances:
    """What is recognised, and what peers may know of it beforehand.

    Attributes:
        sounds: The recordings.
        texts: What is said in each.
        known_texts: Transcripts of other recordings: they prompt Whisper, and make pocketsphinx's language model.
        lexicon: How words are pronounced, for pocketsphinx; None for its own.
    """

    sounds: Sounds
    texts: tuple[str, ...]
    known_texts: tuple[str, ...]
    lexicon: Path | None

    @property
    def seed(self) -> int:
        """As pacing asks for it."""
        return self.sounds.seed


def write_utterances(folder: Path, an4: Path | None, most: int) -> Utterances:
    """Write the utterances of speakers on whom nobody was trained with `corpus.validation_share=0.2 test_share=0`.

    Args:
        folder: Theirs.
        an4: The corpus; None for the demo's test voices, which are spoken if they are not there yet.
        most: How many at most.
    """
    clips = _an4(an4) if an4 else DemoSpeech("data/demo_speech").clips()
    held_out = "validation" if an4 else "test"
    chosen = [clip for clip in clips if clip.split == held_out][:most]
    durations_s = [_write(folder, index, clip) for index, clip in enumerate(chosen)]
    sounds = Sounds(folder, tuple(durations_s), len(chosen), seed=0)
    lexicon = an4 / "etc" / "an4.dic" if an4 else None
    return Utterances(sounds, _texts(chosen), _texts([clip for clip in clips if clip.split == "train"]), lexicon)


def _an4(root: Path) -> list[Clip]:
    return An4(str(root), validation_share=0.2, test_share=0.0).clips()


def _texts(clips: Sequence[Clip]) -> tuple[str, ...]:
    return tuple(str(clip.text) for clip in clips)


def _write(folder: Path, index: int, clip: Clip) -> float:
    samples, rate_hz = read_audio(clip.media, dtype="int16")
    if rate_hz != RATE_HZ:
        raise SystemExit(f"{clip.path}: found {rate_hz} Hz, expected {RATE_HZ}")
    for suffix in FORMATS:
        soundfile.write(folder / f"{index}.{suffix}", samples, RATE_HZ, subtype="PCM_16")
    return len(samples) / RATE_HZ
