"""How many keywords are missed in a stream, and how many are heard where none was said?

python -m benchmarks.keyword_spotting RUN AN4 --noises FOLDER
python -m benchmarks.keyword_spotting --write-other OTHER AN4 --keywords RUN/manifest.jsonl   # a corpus to train on

RUN is a recognizer of keywords whose test clips are of speakers that it does not know. Two streams of an hour each are
made: keywords at random times between utterances of AN4, in which no keyword is said, over household noise. The first
one has keywords of half of the test speakers, AN4's second third of speakers and the first half of each noise: on it
the threshold is chosen, the lowest with at most a number of false alarms an hour. The other one has the other halves
and AN4's last third: its figures are those that count. A keyword is found if its label is reported while it is said or
within 0.7 s. Everything else that is reported is a false alarm, also a wrong label.

A recognizer of keywords alone takes any speech for one of them. --write-other writes a manifest of its training clips
and of clips of AN4's first third of speakers with the label "other", which the stream then ignores.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from rich.console import Console
from rich.table import Table

from data_prep.corpora.an4 import An4
from data_prep.manifest import Clip, read_manifest, write_manifest
from data_prep.media import read_audio
from recognizers import StreamSettings
from recognizers.inference.loading import load_predictor
from recognizers.segmentation.speech_stream import speech_stream_named
from recognizers.streaming.keyword_stream import KeywordDetector, KeywordWindows

RATE_HZ = 16_000
#: How long after a keyword it may be reported.
LATE_S = 0.7
#: Level of the noise below full scale in dB, drawn anew for each minute; speech is around -25.
NOISE_DB = (-55.0, -35.0)
#: Clips of other speech in training, for each keyword's number of clips.
OTHER_SHARE, OTHER_S, OTHER = 4, 1.0, "other"
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95)


@dataclass(frozen=True)
class Said:
    """A keyword in a stream, and when it is said."""

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Hour:
    """A stream: samples (T,) int16, and the keywords in it."""

    samples: np.ndarray
    keywords: list[Said]

    @property
    def hours(self) -> float:
        """Its duration."""
        return len(self.samples) / RATE_HZ / 3600


@dataclass(frozen=True)
class Figures:
    """What was found at one threshold.

    Attributes:
        threshold: The threshold.
        missed: Share of the keywords that were not reported, or as another one.
        false_alarms: Reports an hour that no keyword explains.
        delay_s: Median time from the end of a keyword's clip to its report; negative if before.
    """

    threshold: float
    missed: float
    false_alarms: float
    delay_s: float


def main() -> None:
    """Print a table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a run of experiment=keywords or the like; with --write-other, a folder")
    parser.add_argument("an4", help="folder of AN4")
    parser.add_argument("--noises", type=Path, help="folder of recordings of noise")
    parser.add_argument("--keywords", type=Path, help="with --write-other: the manifest of the keywords")
    parser.add_argument("--write-other", action="store_true")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--at-most", type=float, default=5.0, help="false alarms an hour for the choice of a threshold")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.write_other:
        write_other(Path(options.model), options.an4, options.keywords)
        return
    rows = []
    for part in (0, 1):
        hour = make_hour(options, part)
        rows.append(measure(options.model, hour))
        print(f"{len(hour.keywords)} keywords in {hour.hours:.2f} h", file=sys.stderr)
    chosen = choose(rows[0], options.at_most)
    _print(rows, chosen)
    print(json.dumps({"chosen": chosen, "scored": [vars(each) for each in rows[1]]}))


def speakers_third(an4: str, third: int) -> list[Clip]:
    """The utterances of a third of AN4's speakers."""
    clips = list(An4(an4).clips())
    speakers = sorted({str(clip.speaker) for clip in clips})
    return [clip for clip in clips if speakers.index(str(clip.speaker)) % 3 == third]


def write_other(folder: Path, an4: str, keywords: Path) -> None:
    """Write a manifest of the keywords, and of other speech to train on."""
    rng = np.random.default_rng(0)
    clips = list(read_manifest(keywords))
    training = [clip for clip in clips if clip.split == "train"]
    count = OTHER_SHARE * len(training) // len({clip.label for clip in training})
    speech = speakers_third(an4, 0)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        clip = speech[int(rng.integers(len(speech)))]
        samples = read(clip)
        start = int(rng.integers(0, max(1, len(samples) - round(OTHER_S * RATE_HZ))))
        path = folder / f"other_{number}.flac"
        soundfile.write(path, samples[start : start + round(OTHER_S * RATE_HZ)], RATE_HZ)
        clips.append(Clip(path.stem, path, None, None, None, OTHER, f"an4_{clip.speaker}", "train"))
    write_manifest(folder / "manifest.jsonl", clips)


def make_hour(options: argparse.Namespace, part: int) -> Hour:
    """Make a stream; `part` is 0 for the choice of the threshold and 1 for the figures."""
    rng = np.random.default_rng([options.seed, part])
    tests = [clip for clip in read_manifest(Path(options.model) / "manifest.jsonl") if clip.split == "test"]
    speakers = sorted({str(clip.speaker) for clip in tests})
    keywords = [clip for clip in tests if speakers.index(str(clip.speaker)) % 2 == part]
    items = [*keywords, *speakers_third(options.an4, 1 + part)]
    items = [items[index] for index in rng.permutation(len(items))]
    sounds = [read(clip) for clip in items]
    total = round(options.minutes * 60 * RATE_HZ)
    while sum(map(len, sounds)) > 0.8 * total:  # a shorter stream has fewer of them
        sounds.pop()
    gaps = rng.dirichlet(np.ones(len(sounds) + 1)) * (total - sum(map(len, sounds)))
    samples, said, place = noise(options.noises, total, part, rng), [], 0
    for clip, sound, gap in zip(items, sounds, gaps, strict=False):
        place += int(gap)
        samples[place : place + len(sound)] += sound
        if clip.label is not None:
            said.append(Said(clip.label, place / RATE_HZ, (place + len(sound)) / RATE_HZ))
        place += len(sound)
    return Hour(samples.round().clip(-32768, 32767).astype(np.int16), said)


def read(clip: Clip) -> np.ndarray:
    """(T,) int16 at `RATE_HZ`."""
    samples, rate_hz = read_audio(clip.media, dtype="int16")
    assert rate_hz == RATE_HZ, clip
    return samples


def noise(folder: Path, total: int, part: int, rng: np.random.Generator) -> np.ndarray:
    """(total,): half of each recording in turn, each minute at another level."""
    halves = []
    for path in sorted(folder.glob("*.*")):
        samples, rate_hz = soundfile.read(path)
        assert rate_hz == RATE_HZ, path
        halves.append(np.array_split(samples / np.sqrt(np.mean(samples**2)), 2)[part])
    minute, found = 60 * RATE_HZ, []
    for start in range(0, total, minute):
        half = halves[start // minute % len(halves)]
        level = 32768 * 10 ** (rng.uniform(*NOISE_DB) / 20)
        found.append(np.resize(half, min(minute, total - start)) * level)
    return np.concatenate(found)


def windows_of(model: str, hour: Hour, settings: StreamSettings) -> Iterator[tuple[float, np.ndarray]]:
    """The end of each window, and the probabilities in it."""
    windows = KeywordWindows(load_predictor(Path(model)), RATE_HZ, speech_stream_named("silero", RATE_HZ), settings)
    for start in range(0, len(hour.samples), RATE_HZ):
        yield from windows.add(hour.samples[start : start + RATE_HZ])


def measure(model: str, hour: Hour) -> list[Figures]:
    """Find the keywords at each threshold; the network is computed once."""
    vocabulary = load_predictor(Path(model)).interpreter.vocabulary
    settings = StreamSettings(ignored=(OTHER,) if OTHER in vocabulary.symbols else ())
    windows = list(windows_of(model, hour, settings))
    figures = []
    for threshold in THRESHOLDS:
        detector = KeywordDetector(vocabulary, replace(settings, threshold=threshold))
        found = [each for end_s, probabilities in windows for each in detector.add(end_s, probabilities)]
        figures.append(score(hour, [(each.text, each.end_s) for each in found], threshold))
    return figures


def score(hour: Hour, reported: Sequence[tuple[str, float]], threshold: float) -> Figures:
    """Compare what was reported, and when, with what was said; each report explains one keyword."""
    open_reports, delays_s = list(reported), []
    for said in hour.keywords:
        for report in open_reports:
            if report[0] == said.label and said.start_s + 0.2 <= report[1] <= said.end_s + LATE_S:
                open_reports.remove(report)
                delays_s.append(report[1] - said.end_s)
                break
    missed = 1 - len(delays_s) / len(hour.keywords)
    return Figures(threshold, missed, len(open_reports) / hour.hours, float(np.median(delays_s or [np.nan])))


def choose(figures: Sequence[Figures], at_most: float) -> float:
    """The lowest threshold with at most so many false alarms an hour; the highest of all if there is none."""
    fitting = [each.threshold for each in figures if each.false_alarms <= at_most]
    return min(fitting, default=figures[-1].threshold)


def _print(rows: Sequence[Sequence[Figures]], chosen: float) -> None:
    table = Table(
        "threshold", "false alarms/h", "missed", "delay, s", "false alarms/h (chosen on)", "missed (chosen on)"
    )
    for for_choice, scored in zip(*rows, strict=True):
        mark = " <- chosen" if scored.threshold == chosen else ""
        table.add_row(
            f"{scored.threshold}{mark}",
            f"{scored.false_alarms:.1f}",
            f"{scored.missed:.1%}",
            f"{scored.delay_s:+.2f}",
            f"{for_choice.false_alarms:.1f}",
            f"{for_choice.missed:.1%}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
