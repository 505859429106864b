"""Synthetic speakers with many voices and accents: the espeak-ng library, called through ctypes."""

import _ctypes
import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from data_prep.errors import InputError

# Accents of English that a recognizer trained on human speech understands: with six voices each, its word error rate
# is at most 0.48. The Caribbean and West Midlands accents are left out because it gets most of their words wrong (0.60
# and 0.63).
ACCENTS = ("en", "en-us", "en-us-nyc", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp")

# Variants of the voice, one family per line. Members of a family share their formants, so a recognizer trained on one
# of them knows the others. All 104 variants were tried with ten utterances of digits and commands each. Left out are:
# - unintelligible voices, with a word error rate of 0.47 to 1.28 (0.13 for the plain voice): Alicia, Andrea, Annie,
#   AnxiousAndy, Demonic, Lee, Marco, Michael, Tweaky, aunty, boris, gustave, ian, iven4, kaukovalta, marcelo, norbert,
#   rob, shelby, travis, zac;
# - whispers, which are unvoiced (median autocorrelation peak 0.24; 0.42 to 0.89 for the others): whisper, whisperf;
# - robots, which are monotonous, rough or have an echo: RicishayMax*, UniRobot, anikaRobot, robosoft*;
# - Reed and caleb, whose breath comes from a random generator that cannot be seeded, so no two runs would agree.
FEMALE_VARIANTS = (
    ("anika",),
    ("belinda", "linda"),
    ("f1",),
    ("f2", "f5"),
    ("f3",),
    ("f4",),
    ("grandma",),
    ("steph", "steph2", "steph3"),
)
MALE_VARIANTS = (
    ("Alex",),
    ("Andy",),
    ("Denis",),
    ("Diogo", "Henrique", "Hugo", "michel", "miguel"),
    ("Gene", "Gene2"),
    ("Jacky",),
    ("Mario",),
    ("Mike", "mike2"),
    ("Nguyen", "m8"),
    ("Storm",),
    ("announcer",),
    ("antonio",),
    ("croak",),
    ("david",),
    ("ed",),
    ("edward", "edward2"),
    ("fast", "john", "Mr serious"),
    ("grandpa",),
    ("iven", "iven2", "iven3"),
    ("klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "adam", "benjamin"),
    ("m1",),
    ("m2",),
    ("m3",),
    ("m4",),
    ("m5",),
    ("m6",),
    ("m7",),
    ("max",),
    ("pablo",),
    ("paul",),
    ("pedro",),
    ("quincy",),
    ("robert",),
    ("sandro",),
    ("victor",),
)
VARIANTS = frozenset(variant for family in FEMALE_VARIANTS + MALE_VARIANTS for variant in family)

RATE_LIMITS_WPM = (120, 220)
PITCH_LIMITS = (30, 70)
PITCH_RANGE_LIMITS = (20, 80)
WORD_GAP_LIMITS_MS = (0, 30)

_MISSING = (
    "the demo speech corpora are synthesised with espeak-ng, but the package 'espeakng-loader' is not installed; "
    "install it with: pip install espeakng-loader (it is in the extra 'demo' of this package)"
)

# From espeak-ng's speak_lib.h.
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_ON_SAMPLES = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
# Out of 100. At the normal volume, the louder variants are clipped.
_SAFE_VOLUME = 30


@dataclass(frozen=True)
class Voice:
    """A speaker's voice and way of speaking.

    Attributes:
        accent: One of `ACCENTS`.
        variant: One of `VARIANTS`.
        rate_wpm: Speaking rate in words per minute, from 80 to 450.
        pitch: Pitch from 0 to 100; 50 is the variant's own pitch.
        pitch_range: Variation of the pitch from 0 (monotonous) to 100; 50 is normal.
        word_gap_ms: Pause between words, in steps of 10 ms (at the normal rate of 175 words per minute).
    """

    accent: str = "en-us"
    variant: str = "m3"
    rate_wpm: int = 175
    pitch: int = 50
    pitch_range: int = 50
    word_gap_ms: int = 0

    def __post_init__(self) -> None:
        if self.accent not in ACCENTS:
            raise InputError(f"accent is {self.accent!r}, expected one of {', '.join(ACCENTS)}")
        if self.variant not in VARIANTS:
            raise InputError(f"variant is {self.variant!r}, expected one of {', '.join(sorted(VARIANTS))}")
        limits = {"rate_wpm": (80, 450), "pitch": (0, 100), "pitch_range": (0, 100), "word_gap_ms": (0, 1000)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} is {getattr(self, name)!r}, expected {low} to {high}")

    @property
    def name(self) -> str:
        """Name of the speaker: espeak-ng's name of the accent and variant, such as "en-us+f3"."""
        return f"{self.accent}+{self.variant}"

    @classmethod
    def draw(cls, accent: str, variant: str, rng: np.random.Generator) -> "Voice":
        """Return a speaker with the accent and variant, and with random rate, pitch, pitch range and pauses."""
        return cls(
            accent,
            variant,
            rate_wpm=int(rng.integers(*RATE_LIMITS_WPM, endpoint=True)),
            pitch=int(rng.integers(*PITCH_LIMITS, endpoint=True)),
            pitch_range=int(rng.integers(*PITCH_RANGE_LIMITS, endpoint=True)),
            word_gap_ms=int(rng.integers(*WORD_GAP_LIMITS_MS, endpoint=True)),
        )

    def varied(self, rng: np.random.Generator) -> "Voice":
        """Return the speaker's voice at another moment: up to 10 % faster or slower, a little higher or lower."""
        rate_wpm = round(self.rate_wpm * rng.uniform(0.9, 1.1))
        return replace(
            self,
            rate_wpm=int(np.clip(rate_wpm, *RATE_LIMITS_WPM)),
            pitch=int(np.clip(self.pitch + rng.integers(-5, 6), 0, 100)),
        )


def speak(text: str, voice: Voice, seed: int) -> tuple[np.ndarray, int]:
    """Speak a text. The same arguments give the same samples in every process. Not thread-safe.

    The seed, from 0 to 2**31 - 1, is for the random numbers that espeak-ng uses for noise.

    Returns:
        Samples (num_samples,) float32 in [-1, 1], and their rate in Hz. Voices differ in loudness.

    Raises:
        InputError: espeak-ng is not installed or cannot read its data.
    """
    blocks: list[np.ndarray] = []

    def collect(samples: "ctypes._Pointer[ctypes.c_short]", num_samples: int, _events: int) -> int:
        if samples and num_samples > 0:
            blocks.append(np.ctypeslib.as_array(samples, (num_samples,)).copy())
        return 0

    callback = _ON_SAMPLES(collect)
    encoded = text.encode()
    with _load_espeak() as (espeak, sample_rate_hz):
        espeak.espeak_SetSynthCallback(callback)
        _set_voice(espeak, voice)
        espeak.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        size = ctypes.c_size_t(len(encoded) + 1)
        _check(espeak.espeak_Synth(encoded, size, 0, 1, 0, _UTF8, None, None), f"speak {text!r}")
    samples = np.concatenate([np.zeros(0, np.int16), *blocks])
    return samples.astype(np.float32) / 32768.0, sample_rate_hz


def _set_voice(espeak: ctypes.CDLL, voice: Voice) -> None:
    _check(espeak.espeak_SetVoiceByName(voice.name.encode()), f"find the voice {voice.name}")
    settings = {
        _RATE: voice.rate_wpm,
        _VOLUME: _SAFE_VOLUME,
        _PITCH: voice.pitch,
        _RANGE: voice.pitch_range,
        _WORD_GAP: voice.word_gap_ms // 10,
    }
    for parameter, value in settings.items():
        _check(espeak.espeak_SetParameter(parameter, value, 0), f"set parameter {parameter} to {value}")


def _check(status: int, action: str) -> None:
    if status != 0:
        raise RuntimeError(f"espeak-ng could not {action} (status {status})")


@contextmanager
def _load_espeak() -> Iterator[tuple[ctypes.CDLL, int]]:
    """Load a fresh copy of espeak-ng, and yield the library and its sample rate in Hz.

    The library keeps the phases of its oscillators and flutter from one utterance to the next, and neither
    espeak_Terminate nor seeding resets them. Its output would therefore depend on what it spoke before. Loading the
    library again resets them and takes 4 ms.
    """
    try:
        import espeakng_loader
    except ImportError:
        raise InputError(_MISSING) from None
    data_path = espeakng_loader.get_data_path()
    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    try:
        sample_rate_hz = espeak.espeak_Initialize(_SYNCHRONOUS, 0, data_path.encode(), _DONT_EXIT)
        if sample_rate_hz <= 0:
            raise InputError(
                f"espeak-ng cannot read its data in {data_path}; it cannot read paths of more than 150 characters: "
                "use a Python environment in a folder with a shorter path, or reinstall 'espeakng-loader'"
            )
        yield espeak, sample_rate_hz
        espeak.espeak_Terminate()
    finally:
        if sys.platform == "win32":
            _ctypes.FreeLibrary(espeak._handle)
        else:
            _ctypes.dlclose(espeak._handle)
