"""Does voice activity find speech in noise, and nothing in noise alone? Energy and silero on the same recordings.

python -m benchmarks.voice_activity RUN AN4 --noises FOLDER      # every noise at 30 to 0 dB
python -m benchmarks.voice_activity RUN AN4 --snr 10             # one level

One utterance of each of thirty speakers of AN4 whom the recognizer does not know (the run's test clips, then others)
is joined with a second between them, and noise is added at a level relative to the speech. An utterance is lost if less
than half of its sounds, as found without noise, are in a segment. The word error rate is that of the whole recording.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from data_prep.corpora.an4 import An4
from data_prep.manifest import Clip, read_manifest
from data_prep.media import Media, read_audio
from recognizers import Recognizer, load
from recognizers.segmentation.detectors import DETECTORS, detector_named
from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.pause_splitting import ACTIVE, STEP_S, split_at_pauses

RATE_HZ = 16_000
STEP = round(RATE_HZ * STEP_S)
PAUSE_S = 1.0
LONGEST_SEGMENT_S = 10.0
#: Sample values of noise alone: one tenth of full scale.
NOISE_LEVEL = 3000


@dataclass(frozen=True)
class Utterance:
    """A spoken utterance: its samples (T,) float32 of full scale 32768, and its text."""

    samples: np.ndarray
    text: str


@dataclass(frozen=True)
class Figures:
    """What one detector did with one noise at one level.

    Attributes:
        noise: Name of the noise.
        snr_db: Level of the speech above the noise.
        detector: Name of the detector.
        lost: Utterances of which less than half is in a segment.
        missed: Share of the speech that is in no segment.
        parted: Share of the utterances' beginnings and ends at which a segment begins or ends; elsewhere it runs on
            into the next utterance.
        boundary_ms: Median and 95th percentile of the distance from such an edge of the speech to that of the segment.
        wer: Word error rate of the recording.
        speed: Recording seconds for each second of detection.
    """

    noise: str
    snr_db: float
    detector: str
    lost: int
    missed: float
    parted: float
    boundary_ms: tuple[float, float]
    wer: float
    speed: float


def main() -> None:
    """Print a table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a run directory of experiment=an4")
    parser.add_argument("corpus", help="AN4's folder")
    parser.add_argument("--noises", type=Path, help="a folder of recorded noises, at 16 kHz")
    parser.add_argument("--snr", type=float, nargs="+", default=[30, 20, 15, 10, 5, 0], help="levels in dB")
    parser.add_argument("--utterances", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10.0, help="minutes of each noise alone")
    given = parser.parse_args()
    recognizer = load(given.model)
    clips = unknown_clips(Path(given.model), An4(given.corpus).clips(), given.utterances)
    utterances = [
        Utterance(read_audio(Media(clip.path, encoding=clip.encoding), "int16")[0], str(clip.text)) for clip in clips
    ]
    noises = recorded_noises(given.noises) | {
        name: None for name in ("white", "pink", "babble", "clatter", "hum", "tones")
    }
    found = []
    for name, recording in noises.items():
        for snr_db in given.snr:
            found += compare(recognizer, utterances, name, recording, snr_db)
    alone = {
        f"{name}/{detector}": words_in_noise(recognizer, name, recording, utterances, given.minutes, detector)
        for name, recording in noises.items()
        for detector in DETECTORS
    }
    show(found, alone)
    print(json.dumps({"speech": [asdict(each) for each in found], "words_in_noise_alone": alone}))


def unknown_clips(run_dir: Path, clips: Sequence[Clip], count: int) -> list[Clip]:
    """One clip of each speaker whom the run held out for its test, and one more of each until there are enough."""
    held_out = {clip.id for clip in read_manifest(run_dir / "manifest.jsonl") if clip.split == "test"}
    by_speaker: dict[str | None, list[Clip]] = {}
    for clip in clips:
        if clip.id in held_out:
            by_speaker.setdefault(clip.speaker, []).append(clip)
    rounds = zip(*(speaker[:4] for speaker in by_speaker.values() if len(speaker) >= 4), strict=False)
    return [clip for clips_of_round in rounds for clip in clips_of_round][:count]


def recorded_noises(folder: Path | None) -> dict[str, np.ndarray | None]:
    """Read the noises of a folder by name."""
    if folder is None:
        return {}
    return {path.stem: soundfile.read(path, dtype="float32")[0] for path in sorted(folder.glob("*.flac"))}


def make_noise(
    name: str, recording: np.ndarray | None, utterances: Sequence[Utterance], count: int, rng: np.random.Generator
) -> np.ndarray:
    """Make `count` samples of a noise with a power of 1."""
    if recording is not None:
        noise = np.resize(recording, count)
    elif name == "white":
        noise = rng.standard_normal(count)
    elif name == "pink":
        spectrum = np.fft.rfft(rng.standard_normal(count))
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), count)
    elif name == "babble":
        speech = np.concatenate([each.samples for each in utterances]).astype(np.float32)
        noise = sum((np.resize(np.roll(speech, rng.integers(len(speech))), count) for _ in range(6)), np.zeros(count))
    elif name == "clatter":
        noise = 0.02 * rng.standard_normal(count)
        time_s = np.arange(RATE_HZ // 4) / RATE_HZ
        for start in rng.integers(0, count - len(time_s), size=3 * count // RATE_HZ):
            ring = np.exp(-time_s / rng.uniform(0.01, 0.06)) * np.sin(2 * np.pi * rng.uniform(800, 6000) * time_s)
            noise[start : start + len(ring)] += rng.uniform(0.3, 1) * ring
    elif name == "hum":
        time_s = np.arange(count) / RATE_HZ
        noise = sum((np.sin(2 * np.pi * 50 * order * time_s) / order for order in (1, 2, 3, 5)), np.zeros(count))
    else:  # tones of 0.2 to 1 s, with pauses among them
        noise, start = np.zeros(count), 0
        while start < count:
            time_s = np.arange(min(int(RATE_HZ * rng.uniform(0.2, 1)), count - start)) / RATE_HZ
            if rng.random() < 0.7:
                noise[start : start + len(time_s)] = np.sin(2 * np.pi * rng.uniform(200, 3000) * time_s)
            start += len(time_s)
    return noise / np.sqrt(np.mean(noise**2))


def compare(
    recognizer: Recognizer, utterances: Sequence[Utterance], name: str, recording: np.ndarray | None, snr_db: float
) -> list[Figures]:
    """Let each detector cut the utterances, joined and in noise, and recognise them."""
    pause = np.zeros(round(PAUSE_S * RATE_HZ), np.float32)
    parts, spans, position = [pause], [], len(pause)
    for utterance in utterances:
        spans.append((position, position + len(utterance.samples)))
        parts += [utterance.samples.astype(np.float32), pause]
        position += len(utterance.samples) + len(pause)
    clean = np.concatenate(parts)
    level = np.sqrt(np.mean(np.concatenate([each.samples for each in utterances]).astype(np.float32) ** 2))
    noise = make_noise(name, recording, utterances, len(clean), np.random.default_rng(0))
    noisy = clean + noise * level * 10 ** (-snr_db / 20)
    samples = np.round(noisy * min(1.0, 32767 / np.abs(noisy).max())).astype(np.int16)
    is_speech = EnergyDetector()(clean.astype(np.int16), RATE_HZ).states == ACTIVE
    spoken_spans_s = [
        tuple(
            float(STEP_S * (start // STEP + edge))
            for edge in np.flatnonzero(is_speech[start // STEP : end // STEP])[[0, -1]]
        )
        for start, end in spans
    ]
    reference = " ".join(each.text for each in utterances).split()
    figures = []
    for detector in DETECTORS:
        started = time.perf_counter()
        segments = split_at_pauses(detector_named(detector)(samples, RATE_HZ).states, LONGEST_SEGMENT_S)
        speed = len(samples) / RATE_HZ / (time.perf_counter() - started)
        kept = np.zeros(len(is_speech), bool)
        for segment in segments:
            kept[int(segment.start_s / STEP_S) : int(segment.end_s / STEP_S) + 1] = True
        lost = 0
        for start, end in spans:
            sounding = is_speech[start // STEP : end // STEP]
            lost += int((sounding & kept[start // STEP : end // STEP]).sum() < sounding.sum() / 2)
        text = recognizer.transcribe(samples, RATE_HZ, voice_activity=detector).text  # type: ignore[arg-type]
        wer = Levenshtein.distance(text.split(), reference) / len(reference)
        parted, boundary_ms = boundary_errors([(each.start_s, each.end_s) for each in segments], spoken_spans_s)
        missed = float((is_speech & ~kept).sum() / is_speech.sum())
        figures.append(Figures(name, snr_db, detector, lost, missed, parted, boundary_ms, wer, speed))
        print(figures[-1], file=sys.stderr, flush=True)
    return figures


def boundary_errors(
    segments_s: Sequence[tuple[float, float]], speech_s: Sequence[tuple[float, float]]
) -> tuple[float, tuple[float, float]]:
    """Compare the edges of segments with those of utterances, both given by their starts and ends in seconds.

    Returns:
        The share of the utterances' edges at which a segment has one, and the median and the 95th percentile of the
        distances there, in milliseconds.
    """
    errors = []
    for number, (start_s, end_s) in enumerate(speech_s):
        before_s = speech_s[number - 1][1] if number else -1e9
        after_s = speech_s[number + 1][0] if number + 1 < len(speech_s) else 1e9
        overlapping = [each for each in segments_s if each[0] < end_s and each[1] > start_s]
        if overlapping and overlapping[0][0] > before_s:
            errors.append(abs(overlapping[0][0] - start_s))
        if overlapping and overlapping[-1][1] < after_s:
            errors.append(abs(overlapping[-1][1] - end_s))
    if not errors:
        return 0.0, (float("nan"), float("nan"))
    median_ms, p95_ms = 1000 * np.percentile(errors, [50, 95])
    return len(errors) / (2 * len(speech_s)), (round(float(median_ms)), round(float(p95_ms)))


def words_in_noise(
    recognizer: Recognizer,
    name: str,
    recording: np.ndarray | None,
    utterances: Sequence[Utterance],
    minutes: float,
    detector: str,
) -> int:
    """Count the words that are recognised in noise alone."""
    noise = make_noise(name, recording, utterances, round(minutes * 60 * RATE_HZ), np.random.default_rng(1))
    samples = (NOISE_LEVEL * noise).clip(-32768, 32767).astype(np.int16)
    return len(recognizer.transcribe(samples, RATE_HZ, voice_activity=detector).words)  # type: ignore[arg-type]


def show(found: Sequence[Figures], alone: dict[str, int]) -> None:
    """Print a row for each noise and level, and what is recognised in noise alone."""
    table = Table("noise", "dB", "detector", "lost", "missed", "parted", "edge ms", "WER", "speed")
    for each in found:
        row = [f"{each.snr_db:g}", each.detector, str(each.lost), f"{each.missed:.3f}", f"{each.parted:.2f}"]
        row += ["{:.0f}, {:.0f}".format(*each.boundary_ms), f"{each.wer:.3f}"]
        table.add_row(each.noise, *row, f"{each.speed:.0f}x")
    Console(stderr=True).print(table)
    words = Table("noise alone", "words")
    for name, count in alone.items():
        words.add_row(name, str(count))
    Console(stderr=True).print(words)


if __name__ == "__main__":
    main()
