import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="the synthetic voice needs espeak-ng: pip install espeakng-loader")

from data_prep.errors import InputError
from data_prep.synthesis.voice import ACCENTS, VARIANTS, Voice, speak

TEXT = "three nine zero five"


def digest(samples: np.ndarray) -> str:
    return hashlib.sha256(samples.tobytes()).hexdigest()


@pytest.mark.parametrize("accent", ACCENTS)
def test_voice_speaks_in_every_accent(accent: str) -> None:
    samples, sample_rate_hz = speak(TEXT, Voice(accent, "f3"), seed=0)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert 0.8 < len(samples) / sample_rate_hz < 2.5
    assert 0.02 < np.abs(samples).max() < 0.99


def test_every_variant_speaks_and_differs_from_the_others() -> None:
    # Instead of reporting an unknown variant, espeak-ng uses its plain voice; two equal outputs would reveal that.
    spoken = {variant: speak(TEXT, Voice(variant=variant), seed=0)[0] for variant in sorted(VARIANTS)}
    assert all(np.abs(samples).max() > 0.02 for samples in spoken.values())
    assert len({digest(samples) for samples in spoken.values()}) == len(VARIANTS)


def test_a_slower_voice_takes_longer() -> None:
    slow, fast = (len(speak(TEXT, Voice(rate_wpm=rate_wpm), seed=0)[0]) for rate_wpm in (120, 220))
    assert slow > 1.5 * fast


def test_a_fresh_process_gives_the_same_samples_whatever_was_spoken_before() -> None:
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
def test_error_for_an_impossible_setting(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Voice(**settings)


def test_error_for_unreadable_data_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("espeakng_loader.get_data_path", lambda: "/nowhere/" + 200 * "x")
    with pytest.raises(InputError, match=r"cannot read its data in /nowhere/x+; .* shorter path"):
        speak(TEXT, Voice(), seed=0)
