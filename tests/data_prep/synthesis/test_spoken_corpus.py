"""The synthetic voice and the corpora it speaks."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("espeakng_loader", reason="the synthetic voice needs espeak-ng: pip install espeakng-loader")

from data_prep.corpora.demo_keywords import KEYWORDS, DemoKeywords
from data_prep.corpora.demo_speech import DemoSpeech
from data_prep.errors import InputError
from data_prep.manifest import SPLITS
from data_prep.synthesis.spoken_corpus import SAMPLE_RATE_HZ, coloured_noise, deal_speakers
from data_prep.synthesis.voice import ACCENTS, FEMALE_VARIANTS, MALE_VARIANTS, VARIANTS, Voice, speak

TEXT = "three nine zero five"
SMALL = {"train_utterances": 6, "validation_utterances": 2, "test_utterances": 2, "num_workers": 0}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> DemoSpeech:
    small = DemoSpeech(str(tmp_path_factory.mktemp("speech")), **SMALL)
    small.clips()
    return small


def digest(samples: np.ndarray) -> str:
    return hashlib.sha256(samples.tobytes()).hexdigest()


def contents(root: str | Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(root).rglob("*.wav")}


@pytest.mark.parametrize("accent", ACCENTS)
def test_voice_speaks_in_every_accent(accent: str) -> None:
    samples, sample_rate_hz = speak(TEXT, Voice(accent, "f3"), seed=0)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert 0.8 < len(samples) / sample_rate_hz < 2.5
    assert 0.02 < np.abs(samples).max() < 0.99


def test_every_variant_speaks_and_differs_from_the_others() -> None:
    # espeak-ng answers an unknown variant with its plain voice, without an error: two equal ones would show it.
    spoken = {variant: speak(TEXT, Voice(variant=variant), seed=0)[0] for variant in sorted(VARIANTS)}
    assert all(np.abs(samples).max() > 0.02 for samples in spoken.values())
    assert len({digest(samples) for samples in spoken.values()}) == len(VARIANTS)


def test_a_slower_voice_takes_longer() -> None:
    slow, fast = (len(speak(TEXT, Voice(rate_wpm=rate_wpm), seed=0)[0]) for rate_wpm in (120, 220))
    assert slow > 1.5 * fast


def test_same_samples_in_a_fresh_process_whatever_was_said_before() -> None:
    voice = Voice("en-gb-scotland", "croak", rate_wpm=150, pitch=40)
    speak("turn on the light", Voice("en-us", "klatt2"), seed=5)
    here = digest(speak(TEXT, voice, seed=3)[0])
    program = f"""
import hashlib
from data_prep.synthesis.voice import Voice, speak
print(hashlib.sha256(speak({TEXT!r}, {voice!r}, seed=3)[0].tobytes()).hexdigest())
"""
    root = Path(__file__).parents[3]
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert there.stdout.strip() == here


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"accent": "fr"}, "accent is 'fr', expected one of en, en-us"),
        ({"variant": "whisper"}, "variant is 'whisper', expected one of Alex"),
        ({"rate_wpm": 10}, "rate_wpm is 10, expected 80 to 450"),
        ({"pitch": 101}, "pitch is 101, expected 0 to 100"),
    ],
)
def test_voice_refuses_bad_settings(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Voice(**settings)


def test_missing_package_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match="pip install espeakng-loader"):
        DemoSpeech(str(tmp_path), **SMALL).clips()


def test_unreadable_data_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("espeakng_loader.get_data_path", lambda: "/nowhere/" + 200 * "x")
    with pytest.raises(InputError, match=r"cannot read its data in /nowhere/x+; .* shorter path"):
        speak(TEXT, Voice(), seed=0)


def test_complete_corpus_needs_no_package(corpus: DemoSpeech, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    assert len(corpus.clips()) == 10


@pytest.mark.parametrize("seed", range(5))
def test_no_family_of_variants_stands_in_two_splits(seed: int) -> None:
    speakers = deal_speakers(seed, {"train": 120, "validation": 20, "test": 40})
    names = [voice.name for split in SPLITS for voice in speakers[split]]
    assert len(names) == len(set(names)) == 180
    for family in FEMALE_VARIANTS + MALE_VARIANTS:
        heard_in = {split for split in SPLITS for voice in speakers[split] if voice.variant in family}
        assert len(heard_in) == 1


def test_clips_are_labelled_and_dealt(corpus: DemoSpeech) -> None:
    clips = corpus.clips()
    assert [sum(clip.split == split for clip in clips) for split in SPLITS] == [6, 2, 2]
    assert len({clip.id for clip in clips}) == len(clips)
    for clip in clips:
        assert clip.path.is_file()
        assert clip.label is None
        assert clip.speaker is not None
        assert clip.text
        assert set(clip.text) <= set("abcdefghijklmnopqrstuvwxyz ")


def test_recordings_are_16_khz_mono_16_bit_and_neither_silent_nor_clipped(corpus: DemoSpeech) -> None:
    for clip in corpus.clips():
        info = soundfile.info(clip.path)
        assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE_HZ, 1, "PCM_16")
        assert 0.5 < info.duration < 6.0
        samples, _ = soundfile.read(clip.path)
        assert 0.09 < np.abs(samples).max() < 0.9


def test_interrupted_making_resumes_with_identical_bytes(corpus: DemoSpeech) -> None:
    before = contents(corpus.root)
    lost, kept = (clip.path for clip in corpus.clips()[3:5])
    lost.unlink()
    kept_since = kept.stat().st_mtime_ns
    corpus.clips()
    assert contents(corpus.root) == before
    assert kept.stat().st_mtime_ns == kept_since


def test_bytes_do_not_depend_on_workers_or_on_the_number_of_utterances(corpus: DemoSpeech, tmp_path: Path) -> None:
    replace(corpus, root=str(tmp_path), num_workers=2, train_utterances=7).clips()
    made = contents(tmp_path)
    assert made.pop("train-00006.wav")
    assert made == contents(corpus.root)


def test_another_seed_needs_another_folder(corpus: DemoSpeech) -> None:
    with pytest.raises(InputError, match=r"seed 0 \(now 1\)"):
        replace(corpus, seed=1).clips()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"test_voices": 0}, "test_voices is 0, expected 1 or more"),
        ({"train_utterances": -1}, "train_utterances is -1, expected 0 or more"),
        ({"num_workers": -1}, "num_workers is -1, expected 0 or more"),
    ],
)
@pytest.mark.parametrize("kind", [DemoSpeech, DemoKeywords])
def test_corpora_refuse_bad_numbers(kind: type, settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        kind("anywhere", **settings)


def test_more_voices_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"test_voices is 5000, but there are only \d+ voices for that split"):
        DemoSpeech(str(tmp_path), test_voices=5000, **SMALL).clips()


def test_keywords_are_balanced_labels(tmp_path: Path) -> None:
    clips = DemoKeywords(
        str(tmp_path), train_utterances=10, validation_utterances=0, test_utterances=10, num_workers=0
    ).clips()
    for split in ("train", "test"):
        assert sorted(clip.label or "" for clip in clips if clip.split == split) == sorted(KEYWORDS)
    assert all(clip.text is None and 0.4 < soundfile.info(clip.path).duration < 2.0 for clip in clips)


@pytest.mark.parametrize("colour", [0.0, 1.0, 2.0])
def test_noise_has_unit_power_and_its_colour(colour: float) -> None:
    noise = coloured_noise(160_000, colour, np.random.default_rng(0))
    assert np.mean(noise**2) == pytest.approx(1.0)
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = (power[10 * hz : 20 * hz].mean() for hz in (200, 1600))
    assert 10 * np.log10(low / high) == pytest.approx(colour * 10 * np.log10(8), abs=1.0)
