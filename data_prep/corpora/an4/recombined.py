"""New sentences for CMU AN4, joined from words that one speaker says in several utterances."""

import logging
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import soundfile

from data_prep.atomic import atomic_write
from data_prep.corpora.an4.an4 import An4
from data_prep.corpora.an4.word_alignments import SpokenWord, read_spoken_words
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.media import Media, MediaError, read_audio
from data_prep.operating_system import expand_home
from data_prep.splits import SplitSettings
from data_prep.workers.progress import track_progress

log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 16000
#: A word is cut halfway to its neighbours, but at most this far from where it starts and ends.
MARGIN_S = 0.1
FADE = round(0.008 * SAMPLE_RATE_HZ)  # samples over which one word fades into the next
#: Probability that a word follows the previous one without a pause; otherwise a pause of up to MAX_PAUSE_S follows,
#: filled with noise whose standard deviation is NOISE (of a full scale of 32768).
JOINED_SHARE, MAX_PAUSE_S, NOISE = 0.7, 0.12, 3.0
#: Most words of a sentence that is made of chosen words.
MOST_WORDS = 10
# Part of the file names; increase it whenever the same settings give different audio.
_VERSION = 1


@dataclass(frozen=True)
class An4Recombined(SplitSettings):
    """Training utterances whose words are replaced by other words of the same speaker.

    A letter is replaced by a letter and a longer word by a longer word. Voice, room and word frequencies therefore
    stay the same. Only the order of the words changes, which a recurrent network would otherwise learn by heart from
    so few sentences. Replacing words by aligned words follows Lam et al., "On-the-Fly Aligned Data Augmentation for
    Sequence-to-Sequence ASR" (Interspeech 2021).

    Attributes:
        root: Folder of the corpus, as in `An4`.
        folder: Folder for the new recordings, 80 MB per copy; created if missing. Existing recordings are kept.
        copies: How many new utterances are made from each training utterance.
        seed: Seed for the choice of words.
        validation_share: As in `An4`; nothing is taken from utterances that the settings of the splits hold out.
        test_share: As in `An4`.
        words: If given, the sentences are made of these words alone, and of one to `MOST_WORDS` of them.
    """

    root: str
    folder: str
    copies: int = 1
    validation_share: float = 0.0
    test_share: float = 0.0
    fold: int | None = None
    seed: int = 0
    folds: Folds | None = None
    words: tuple[str, ...] | None = None

    def clips(self) -> list[Clip]:
        """Make the recordings that are missing and return all of them as training clips.

        If AN4 is missing, return no clips and log a warning.
        """
        root = expand_home(self.root).absolute()
        words = read_spoken_words(root)
        if not words:
            log.warning("no words are recombined: none of AN4's recordings (wav/an4_clstk) is in %s", root)
            return []
        training = self._training_utterances()
        words = [word for word in words if word.utterance in training]
        length = None if self.words is None else MOST_WORDS
        chosen = [word for word in words if self.words is None or word.text in self.words]
        folder = expand_home(self.folder).absolute()
        sentences = {
            f"{copy}/{utterance}": sentence
            for copy in range(self.copies)
            for utterance, sentence in _recombine(chosen, self.seed, copy, length)
        }
        paths = {
            clip_id: folder / f"{clip_id}-{_checksum(sentence):08x}.wav" for clip_id, sentence in sentences.items()
        }
        _write_missing({paths[clip_id]: sentence for clip_id, sentence in sentences.items()}, words)
        return [
            Clip(
                clip_id,
                paths[clip_id],
                text=" ".join(word.text for word in sentence),
                speaker=sentence[0].speaker,
                split="train",
            )
            for clip_id, sentence in sentences.items()
            if paths[clip_id].exists()
        ]

    def _training_utterances(self) -> set[str]:
        clips = An4(
            self.root,
            validation_share=self.validation_share,
            test_share=self.test_share,
            fold=self.fold,
            folds=self.folds,
        ).clips()
        return {clip.id for clip in clips if clip.split == "train"}


def _recombine(
    words: Sequence[SpokenWord], seed: int, copy: int, most_words: int | None
) -> Iterator[tuple[str, list[SpokenWord]]]:
    """Yield a new sentence for each utterance; it does not depend on which other speakers there are.

    It is as long as the utterance, or, if `most_words` is given, of any length from 1 to that.
    """
    pools: defaultdict[tuple[str, bool], list[SpokenWord]] = defaultdict(list)  # by speaker and whether it is a letter
    utterances: defaultdict[str, list[SpokenWord]] = defaultdict(list)
    for word in words:
        pools[word.speaker, len(word.text) == 1].append(word)
        utterances[word.utterance].append(word)
    for utterance, original in utterances.items():
        rng = np.random.default_rng([seed, copy, zlib.crc32(utterance.encode())])
        count = len(original) if most_words is None else int(rng.integers(1, most_words + 1))
        choices = [pools[word.speaker, len(word.text) == 1] for word in islice(cycle(original), count)]
        yield utterance, [pool[rng.integers(len(pool))] for pool in choices]


def _checksum(sentence: Sequence[SpokenWord]) -> int:
    """Return a number that differs between sentences, so that each has a file name of its own."""
    sources = [(word.utterance, word.text, word.start_s, word.end_s) for word in sentence]
    return zlib.crc32(f"{_VERSION} {sources}".encode())


def _write_missing(sentences: dict[Path, list[SpokenWord]], words: Sequence[SpokenWord]) -> None:
    """Write the recordings that do not exist; log a warning about those with unreadable words and skip them."""
    missing = {path: sentence for path, sentence in sentences.items() if not path.exists()}
    if not missing:
        return
    cutter = _WordCutter(words)
    errors = []
    for path, sentence in track_progress(missing.items(), len(missing), "Recombining words"):
        try:
            pieces = [cutter.cut(word) for word in sentence]
        except MediaError as error:
            errors.append(str(error))
            continue
        sources = " ".join(f"{word.utterance} {word.start_s}" for word in sentence)
        samples = _join(pieces, np.random.default_rng(zlib.crc32(sources.encode())))
        with atomic_write(path) as partial:
            soundfile.write(partial, samples, SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")
    if errors:
        log.warning("%d recombined utterances are left out because words cannot be read: %s", len(errors), errors[0])


class _WordCutter:
    """Cuts words out of their recordings, with the sound around them up to their neighbours.

    Args:
        words: All words of each utterance, in the order in which they are spoken.
    """

    def __init__(self, words: Sequence[SpokenWord]) -> None:
        self._read = lru_cache(maxsize=64)(_read)  # holds the utterances of the current speaker
        self._bounds_s: dict[SpokenWord, tuple[float, float]] = {}
        for before, word, after in zip([None, *words], words, [*words[1:], None], strict=False):
            earliest_s, latest_s = word.start_s - MARGIN_S, word.end_s + MARGIN_S
            if before is not None and before.utterance == word.utterance:
                earliest_s = max(earliest_s, (word.start_s + before.end_s) / 2)
            if after is not None and after.utterance == word.utterance:
                latest_s = min(latest_s, (word.end_s + after.start_s) / 2)
            self._bounds_s[word] = (max(earliest_s, 0.0), latest_s)

    def cut(self, word: SpokenWord) -> np.ndarray:
        """Return the samples of a word, faded in and out.

        Returns:
            Samples (num_samples,) float32 with a full scale of 32768.

        Raises:
            MediaError: The recording cannot be read or is too short.
        """
        recording = self._read(word.path, word.encoding)
        start, end = (round(bound_s * SAMPLE_RATE_HZ) for bound_s in self._bounds_s[word])
        samples = recording[start:end].astype(np.float32)
        if len(samples) < 2 * FADE:
            raise MediaError(f"{word.path}: too short to contain {word.text} at {word.start_s} s")
        ramp = np.linspace(0, 1, FADE, dtype=np.float32)
        samples[:FADE] *= ramp
        samples[-FADE:] *= ramp[::-1]
        return samples


def _read(path: Path, encoding: str | None) -> np.ndarray:
    samples, rate_hz = read_audio(Media(path, encoding=encoding), "int16")
    if rate_hz != SAMPLE_RATE_HZ:
        raise MediaError(f"{path}: found a sample rate of {rate_hz} Hz, expected {SAMPLE_RATE_HZ} Hz as in AN4")
    return samples


def _join(pieces: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Concatenate words to int16 samples; most words overlap with the next by the length of the fade."""
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
