"""CMU AN4's words in new orders: each speaker's words, cut out of her utterances and joined to other ones."""

import logging
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from data_prep.atomic import atomic_write
from data_prep.corpora.an4.an4 import An4
from data_prep.corpora.an4.word_alignments import SpokenWord, spoken_words
from data_prep.manifest import Clip
from data_prep.media import Media, MediaError, read_audio
from data_prep.workers.progress import track_progress

log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 16000
#: A word is cut where it meets its neighbour, or so much sound around it.
MARGIN_S = 0.1
FADE = round(0.008 * SAMPLE_RATE_HZ)  # samples in which one word turns into the next
#: That often a word follows at once; else after a pause of at most so long, in which there is a noise of 3 / 32768.
JOINED_SHARE, MAX_PAUSE_S, NOISE = 0.7, 0.12, 3.0
# Part of the names: to be raised whenever the same settings give other sounds.
_VERSION = 1


@dataclass(frozen=True)
class An4Recombined:
    """As many utterances as there are for training, `copies` times, almost all of other words than were said.

    A letter stands for a letter and a word for a word, of the same speaker: voice, room and the share of each word
    remain; what follows what does not, which a recurrent network learns by heart of so few sentences. Words so
    replaced by aligned ones are due to Lam et al., "On-the-Fly Aligned Data Augmentation for Sequence-to-Sequence ASR"
    (Interspeech 2021).

    Attributes:
        root: As of `An4`; so are `validation_share`, `test_share` and `fold`: of clips it holds out, nothing is used.
        folder: Where the utterances are written, 80 MB a copy; made if need be. Those that are there are kept.
        copies: How often.
        seed: Another one gives other orders.
    """

    root: str
    folder: str
    copies: int = 1
    validation_share: float = 0.0
    test_share: float = 0.0
    fold: int = 0
    seed: int = 0

    def clips(self) -> list[Clip]:
        """All for training; those that are missing are made first. None, and a warning, where there is no AN4."""
        root = Path(self.root).expanduser().absolute()
        words = spoken_words(root)
        if not words:
            log.warning("no words are recombined: none of AN4's recordings (wav/an4_clstk) is in %s", root)
            return []
        training = self._training_utterances()
        words = [word for word in words if word.utterance in training]
        folder = Path(self.folder).expanduser().absolute()
        drawn = {
            f"{copy}/{utterance}": chosen
            for copy in range(self.copies)
            for utterance, chosen in _recombined(words, self.seed, copy)
        }
        paths = {clip_id: folder / f"{clip_id}-{_name_of(chosen):08x}.wav" for clip_id, chosen in drawn.items()}
        _write_missing({paths[clip_id]: chosen for clip_id, chosen in drawn.items()}, words)
        return [
            Clip(
                clip_id,
                paths[clip_id],
                text=" ".join(word.text for word in chosen),
                speaker=chosen[0].speaker,
                split="train",
            )
            for clip_id, chosen in drawn.items()
            if paths[clip_id].exists()
        ]

    def _training_utterances(self) -> set[str]:
        clips = An4(self.root, self.validation_share, self.test_share, self.fold).clips()
        return {clip.id for clip in clips if clip.split == "train"}


def _recombined(words: Sequence[SpokenWord], seed: int, copy: int) -> Iterator[tuple[str, list[SpokenWord]]]:
    """For each utterance, as many words of its speaker and of the same kinds; whatever other speakers there are."""
    pools: defaultdict[tuple[str, bool], list[SpokenWord]] = defaultdict(list)
    utterances: defaultdict[str, list[SpokenWord]] = defaultdict(list)
    for word in words:
        pools[word.speaker, len(word.text) == 1].append(word)
        utterances[word.utterance].append(word)
    for utterance, said in utterances.items():
        rng = np.random.default_rng([seed, copy, zlib.crc32(utterance.encode())])
        choices = [pools[word.speaker, len(word.text) == 1] for word in said]
        yield utterance, [pool[rng.integers(len(pool))] for pool in choices]


def _name_of(chosen: Sequence[SpokenWord]) -> int:
    """A number that differs for other words, or words said elsewhere: no file is taken for another one."""
    where_said = [(word.utterance, word.text, word.media.start_s, word.media.end_s) for word in chosen]
    return zlib.crc32(f"{_VERSION} {where_said}".encode())


def _write_missing(drawn: dict[Path, list[SpokenWord]], words: Sequence[SpokenWord]) -> None:
    """Write the utterances that are not there; one with a word that cannot be read is left out, and said so."""
    missing = {path: chosen for path, chosen in drawn.items() if not path.exists()}
    if not missing:
        return
    sounds = _Sounds(words)
    unreadable = []
    for path, chosen in track_progress(missing.items(), len(missing), "Recombining words"):
        try:
            pieces = [sounds.of(word) for word in chosen]
        except MediaError as error:
            unreadable.append(str(error))
            continue
        with atomic_write(path) as partial:
            begun = " ".join(f"{word.utterance} {word.media.start_s}" for word in chosen)
            samples = _joined(pieces, np.random.default_rng(zlib.crc32(begun.encode())))
            soundfile.write(partial, samples, SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")
    if unreadable:
        log.warning(
            "%d recombined utterances are left out, since words cannot be read: %s", len(unreadable), unreadable[0]
        )


class _Sounds:
    """The sound of words, with what is around them up to their neighbours."""

    def __init__(self, words: Sequence[SpokenWord]) -> None:
        self._read = lru_cache(maxsize=64)(_read)  # utterances of the speaker whose turn it is
        self._bounds_s: dict[Media, tuple[float, float]] = {}
        for before, word, after in zip([None, *words], words, [*words[1:], None], strict=False):
            start_s, end_s = word.media.start_s or 0.0, word.media.end_s or 0.0
            earliest_s, latest_s = start_s - MARGIN_S, end_s + MARGIN_S
            if before is not None and before.utterance == word.utterance:
                earliest_s = max(earliest_s, (start_s + (before.media.end_s or 0.0)) / 2)
            if after is not None and after.utterance == word.utterance:
                latest_s = min(latest_s, (end_s + (after.media.start_s or 0.0)) / 2)
            self._bounds_s[word.media] = (max(earliest_s, 0.0), latest_s)

    def of(self, word: SpokenWord) -> np.ndarray:
        """Samples (num_samples,) float32, full scale 32768, faded in and out; raises MediaError."""
        whole = self._read(word.media.path, word.media.encoding)
        start, end = (round(bound_s * SAMPLE_RATE_HZ) for bound_s in self._bounds_s[word.media])
        samples = whole[start:end].astype(np.float32)
        if len(samples) < 2 * FADE:
            raise MediaError(f"{word.media.path}: too short for {word.text} from {word.media.start_s} s on")
        ramp = np.linspace(0, 1, FADE, dtype=np.float32)
        samples[:FADE] *= ramp
        samples[-FADE:] *= ramp[::-1]
        return samples


def _read(path: Path, encoding: str | None) -> np.ndarray:
    samples, rate_hz = read_audio(Media(path, encoding=encoding), "int16")
    if rate_hz != SAMPLE_RATE_HZ:
        raise MediaError(f"{path}: at {rate_hz} Hz; expected AN4's own {SAMPLE_RATE_HZ} Hz")
    return samples


def _joined(pieces: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Words one after the other, int16; most blend into the next."""
    silence = np.zeros(round(MARGIN_S * SAMPLE_RATE_HZ), np.float32)
    parts = [silence]
    for number, piece in enumerate(pieces):
        if number and rng.random() < JOINED_SHARE:
            parts[-1][-FADE:] += piece[:FADE]
            parts.append(piece[FADE:])
        else:
            pause = round(rng.uniform(0, MAX_PAUSE_S) * SAMPLE_RATE_HZ)
            parts += [rng.normal(0, NOISE, pause).astype(np.float32), piece]
    return np.clip(np.concatenate([*parts, silence]), -32768, 32767).astype(np.int16)
