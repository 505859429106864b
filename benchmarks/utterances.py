"""Utterances with transcripts, each as WAV and as FLAC, from AN4 or from the demo corpus."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from benchmarks.sounds import FORMATS, RATE_HZ, Sounds
from data_prep.corpora.an4 import An4
from data_prep.corpora.demo_speech import DemoSpeech
from data_prep.manifest import Clip
from data_prep.media import read_audio


@dataclass(frozen=True)
class Utterances:
    """Recordings to transcribe, and what the peers may know about the corpus.

    Attributes:
        sounds: Recordings.
        texts: Transcript of each recording.
        known_texts: Transcripts of other recordings, for Whisper's prompt and pocketsphinx's language model.
        lexicon: Pronunciation dictionary for pocketsphinx; None uses its own.
    """

    sounds: Sounds
    texts: tuple[str, ...]
    known_texts: tuple[str, ...]
    lexicon: Path | None

    @property
    def seed(self) -> int:
        """Seed with which the recordings were made."""
        return self.sounds.seed


def write_utterances(folder: Path, an4: Path | None, max_count: int) -> Utterances:
    """Write utterances of speakers that training with `corpus.validation_share=0.2 corpus.test_share=0` holds out.

    Args:
        folder: Folder for the recordings.
        an4: Folder of AN4; None uses the test voices of the demo corpus, which are synthesised if missing.
        max_count: Maximum number of utterances.
    """
    clips = _read_an4(an4) if an4 else DemoSpeech("data/demo_speech").clips()
    held_out = "validation" if an4 else "test"
    chosen = [clip for clip in clips if clip.split == held_out][:max_count]
    durations_s = [_write(folder, index, clip) for index, clip in enumerate(chosen)]
    sounds = Sounds(folder, tuple(durations_s), len(chosen), seed=0)
    lexicon = an4 / "etc" / "an4.dic" if an4 else None
    return Utterances(sounds, _texts(chosen), _texts([clip for clip in clips if clip.split == "train"]), lexicon)


def _read_an4(root: Path) -> list[Clip]:
    return An4(str(root), validation_share=0.2, test_share=0.0).clips()


def _texts(clips: Sequence[Clip]) -> tuple[str, ...]:
    return tuple(str(clip.text) for clip in clips)


def _write(folder: Path, index: int, clip: Clip) -> float:
    samples, rate_hz = read_audio(clip.media, dtype="int16")
    if rate_hz != RATE_HZ:
        raise SystemExit(f"{clip.path}: found a sample rate of {rate_hz} Hz, expected {RATE_HZ} Hz")
    for suffix in FORMATS:
        soundfile.write(folder / f"{index}.{suffix}", samples, RATE_HZ, subtype="PCM_16")
    return len(samples) / RATE_HZ
