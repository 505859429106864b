import logging
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile
import torch
import torchaudio

from data_prep.errors import InputError
from data_prep.features.extractor import Signal, num_frames
from data_prep.features.mfcc import Mfcc, cosine_transform
from data_prep.media import Media

ROOT = Path(__file__).parents[3]
RATE_HZ = 16_000
PLAIN = Mfcc(cmvn="none")


def noisy_tone(duration_s: float, rate_hz: int = RATE_HZ, seed: int = 0) -> np.ndarray:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    noise = np.random.default_rng(seed).standard_normal(len(time_s))
    return (0.3 * np.sin(2 * np.pi * (300 + 200 * time_s) * time_s) + 0.01 * noise).astype(np.float32)


def waveform(duration_s: float, rate_hz: int = RATE_HZ) -> Signal:
    return Signal(np.round(noisy_tone(duration_s, rate_hz) * 32767).astype(np.int16), rate_hz)


def librosa_log_mel(signal: Signal, num_mels: int, window: int, hop: int, fft: int) -> np.ndarray:
    energies = librosa.feature.melspectrogram(
        y=signal.values.astype(np.float32) / 32768,
        sr=signal.rate_hz,
        n_fft=fft,
        win_length=window,
        hop_length=hop,
        n_mels=num_mels,
        fmin=20.0,
        htk=True,
        norm=None,
        pad_mode="reflect",
    )
    return np.log(energies + 1e-6)


@pytest.mark.parametrize(
    ("settings", "window", "hop", "fft"),
    [
        ({}, 400, 160, 512),
        ({"num_coefficients": 13, "num_mels": 40, "window_ms": 32.0, "hop_ms": 16.0}, 512, 256, 512),
        ({"sample_rate_hz": 8000, "num_mels": 40}, 200, 80, 256),
    ],
)
def test_mfcc_equal_librosas(settings: dict[str, Any], window: int, hop: int, fft: int) -> None:
    mfcc = replace(PLAIN, **settings)
    signal = waveform(1.234, mfcc.sample_rate_hz)
    log_mel = librosa_log_mel(signal, mfcc.num_mels, window, hop, fft)
    expected = librosa.feature.mfcc(S=log_mel, n_mfcc=mfcc.num_coefficients, norm="ortho")
    found = mfcc.frames(signal).values
    # Coefficients reach 100; float32 leaves about 1e-4 of them.
    np.testing.assert_allclose(found, expected.T[: len(found)], rtol=0, atol=5e-4)


@pytest.mark.parametrize("samples", [1, 800, 11_360, 11_520, 35_840, 36_000, 64_000])  # 1, 5, 71, 72 ... 400 frames
@pytest.mark.parametrize("window_ms", [25.0, 25.3125, 32.0])  # 400, 405 and 512 samples
def test_mfcc_equal_torchaudios(samples: int, window_ms: float) -> None:
    window = round(16 * window_ms)
    signal = Signal(waveform(4.0).values[:samples], RATE_HZ)
    padded = np.pad(signal.values, (0, max(0, 2 * window - samples)))
    expected = torchaudio.transforms.MFCC(
        RATE_HZ,
        n_mfcc=40,
        log_mels=True,
        melkwargs={"win_length": window, "hop_length": 160, "n_fft": 512, "n_mels": 80, "f_min": 20.0},
    )(torch.from_numpy(padded.astype(np.float32) / 32768))
    found = replace(PLAIN, window_ms=window_ms).frames(signal).values
    np.testing.assert_allclose(found, expected.T[: len(found)], rtol=0, atol=1e-4)


def test_the_cosine_transform_equals_torchaudios() -> None:
    for bands in (80, 26, 64):
        expected = torchaudio.functional.create_dct(bands // 2, bands, norm="ortho")
        np.testing.assert_allclose(cosine_transform(bands // 2, bands), expected, rtol=0, atol=1e-5)


def test_filterbank_energies_equal_librosas() -> None:
    filterbank = replace(PLAIN, kind="filterbank", num_coefficients=64)
    signal = waveform(0.9)
    found = filterbank.frames(signal).values
    expected = librosa_log_mel(signal, 64, 400, 160, 512)
    np.testing.assert_allclose(found, expected.T[: len(found)], rtol=0, atol=1e-4)


@pytest.mark.parametrize("deltas", [1, 2])
def test_deltas_equal_librosas(deltas: int) -> None:
    plain = PLAIN.frames(waveform(0.7)).values
    found = replace(PLAIN, deltas=deltas).frames(waveform(0.7)).values
    expected = [plain]
    for _ in range(deltas):
        expected.append(librosa.feature.delta(expected[-1], width=5, axis=0, mode="nearest"))
    np.testing.assert_allclose(found, np.concatenate(expected, axis=1), rtol=0, atol=1e-4)


@pytest.mark.parametrize("hop_ms", [5.0, 10.0, 12.5])
@pytest.mark.parametrize("samples", [1, 2, 79, 80, 81, 159, 160, 239, 240, 400, 799, 800, 16_000, 16_079, 16_080])
def test_the_number_of_frames_follows_the_one_formula(samples: int, hop_ms: float) -> None:
    mfcc = replace(PLAIN, hop_ms=hop_ms)
    frames = mfcc.frames(Signal(waveform(1.1).values[:samples], RATE_HZ))
    expected = max(1, math.floor(samples / (RATE_HZ * hop_ms / 1000) + 0.5))
    assert frames.values.shape == (expected, mfcc.num_features)
    assert num_frames(samples / RATE_HZ, mfcc.frame_rate_hz) == expected
    assert frames.frame_rate_hz == 1000 / hop_ms
    assert np.isfinite(frames.values).all()


@pytest.mark.parametrize("kind", ["mfcc", "filterbank"])
@pytest.mark.parametrize("deltas", [0, 1, 2])
def test_num_features_is_the_width(kind: Any, deltas: int) -> None:
    mfcc = Mfcc(kind=kind, num_coefficients=20, num_mels=30, deltas=deltas)
    values = mfcc.frames(waveform(0.2)).values
    assert values.shape[1] == mfcc.num_features == 20 * (1 + deltas)
    assert values.dtype == np.float32
    assert values.flags.c_contiguous


def test_frames_are_centred_on_their_times() -> None:
    samples = np.zeros(RATE_HZ, np.int16)
    samples[8000] = 32767
    energy = replace(PLAIN, kind="filterbank").frames(Signal(samples, RATE_HZ)).values.sum(axis=1)
    assert np.argmax(energy) == 50


@pytest.mark.parametrize("rate_hz", [8000, 44_100])
def test_other_rates_are_resampled(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate_hz) / rate_hz), rate_hz)
    signal = PLAIN.signal(Media(tmp_path / "a.wav"))
    assert signal.rate_hz == RATE_HZ
    assert signal.values.dtype == np.int16
    assert len(signal.values) == pytest.approx(RATE_HZ, abs=2)
    spectrum = np.abs(np.fft.rfft(signal.values))
    assert np.argmax(spectrum) * RATE_HZ / len(signal.values) == pytest.approx(1000, abs=2)
    assert signal.values.std() / 32768 == pytest.approx(0.5 / math.sqrt(2), rel=0.02)


@pytest.mark.parametrize(("rate_hz", "warned"), [(7350, True), (11_999, True), (12_001, False), (48_000, False)])
def test_recordings_far_below_the_rate_give_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, rate_hz: int, warned: bool
) -> None:
    soundfile.write(tmp_path / "a.wav", noisy_tone(0.1, rate_hz), rate_hz)
    with caplog.at_level(logging.WARNING):
        PLAIN.signal(Media(tmp_path / "a.wav"))
        PLAIN.signal(Media(tmp_path / "a.wav"))
    assert caplog.text.count(f"recordings at {rate_hz} Hz are resampled") == int(warned)


def test_the_signal_of_a_file_is_its_waveform(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", waveform(0.5).values, RATE_HZ)
    signal = PLAIN.signal(Media(tmp_path / "a.wav"))
    np.testing.assert_array_equal(signal.values, waveform(0.5).values)
    np.testing.assert_array_equal(PLAIN(Media(tmp_path / "a.wav")).values, PLAIN.frames(signal).values)


def test_sound_beyond_full_scale_is_clipped_not_wrapped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([1.5, -1.5, 0.0], np.float32), RATE_HZ, subtype="FLOAT")
    assert PLAIN.signal(Media(tmp_path / "a.wav")).values.tolist() == [32767, -32768, 0]


def test_cmvn_makes_means_0_and_deviations_1() -> None:
    plain = replace(PLAIN, deltas=1).frames(waveform(1.0)).values
    centred = Mfcc(cmvn="mean", deltas=1).frames(waveform(1.0)).values
    normal = Mfcc(cmvn="mean_variance", deltas=1).frames(waveform(1.0)).values
    np.testing.assert_allclose(centred, plain - plain.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(normal.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(normal.std(axis=0), np.minimum(plain.std(axis=0) / 1e-2, 1), atol=1e-3)


@pytest.mark.parametrize("kind", ["mfcc", "filterbank"])
@pytest.mark.parametrize("cmvn", ["none", "mean", "mean_variance"])
@pytest.mark.parametrize("samples", [1, 160, 16_000])
def test_silence_and_single_frames_stay_finite_and_small(kind: Any, cmvn: Any, samples: int) -> None:
    mfcc = Mfcc(kind=kind, cmvn=cmvn, deltas=2)
    silent = mfcc.frames(Signal(np.zeros(samples, np.int16), RATE_HZ)).values
    assert np.isfinite(silent).all()
    if cmvn != "none":
        np.testing.assert_allclose(silent, 0, atol=1e-2)


def test_cmvn_removes_loudness() -> None:
    loud = waveform(1.0)
    soft = Signal((loud.values // 4).astype(np.int16), RATE_HZ)
    normal = Mfcc()
    assert np.abs(PLAIN.frames(loud).values - PLAIN.frames(soft).values).max() > 5
    assert np.abs(normal.frames(loud).values - normal.frames(soft).values).mean() < 0.1


CHANGES: list[dict[str, Any]] = [
    {"kind": "filterbank"},
    {"num_coefficients": 39},
    {"num_mels": 81},
    {"window_ms": 26.0},
    {"hop_ms": 8.0},
    {"dynamic_range_db": 40.0},
    {"deltas": 1},
    {"cmvn": "mean"},
]


@pytest.mark.parametrize("kind", ["mfcc", "filterbank"])
def test_a_limited_dynamic_range_removes_level_and_faint_noise(kind: Any) -> None:
    rng = np.random.default_rng(0)
    tone = 10000 * np.sin(np.arange(8000) * 0.3) * (np.arange(8000) % 4000 < 2000)
    plain = Mfcc(kind=kind, num_coefficients=40, num_mels=40, sample_rate_hz=8000, cmvn="none")
    limited = replace(plain, dynamic_range_db=30.0)

    def changed(extractor: Mfcc, samples: np.ndarray) -> float:
        first, second = (extractor.frames(Signal(each.astype(np.int16), 8000)).values for each in (tone, samples))
        return float(np.abs(first - second).max())

    for other in (tone / 3, tone + rng.normal(0, 3, 8000)):
        assert changed(limited, other) < 0.1
        assert changed(plain, other) > 2
    energies = limited.frames(Signal(tone.astype(np.int16), 8000)).values
    if kind == "filterbank":
        assert (energies.max(), energies.min()) == (0, pytest.approx(-3 * np.log(10)))


def test_fingerprints_change_with_every_setting() -> None:
    changed = [Mfcc(), *(replace(Mfcc(), **change) for change in CHANGES), Mfcc(sample_rate_hz=8000)]
    assert len({mfcc.fingerprint() for mfcc in changed}) == len(changed)
    assert Mfcc().fingerprint() == Mfcc().fingerprint()


def test_only_the_sample_rate_changes_the_signal_fingerprint() -> None:
    signals = {replace(Mfcc(), **change).signal_fingerprint() for change in CHANGES}
    assert signals == {Mfcc().signal_fingerprint()}
    assert Mfcc(sample_rate_hz=8000).signal_fingerprint() not in signals


def test_fingerprints_do_not_change_from_run_to_run() -> None:
    # A new fingerprint makes every user prepare again, so it must only change on purpose.
    assert Mfcc().signal_fingerprint() == "d1672e6bda0f2fa1"
    assert Mfcc().fingerprint() == "1dba719bbef13441"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "plp"}, "kind must be mfcc or filterbank"),
        ({"sample_rate_hz": 16}, "sample_rate_hz must be at least 1000"),
        ({"num_coefficients": 0}, "num_coefficients must be from 1 to num_mels"),
        ({"num_coefficients": 81}, "num_coefficients must be from 1 to num_mels"),
        ({"hop_ms": 0.0}, "hop_ms must be above 0"),
        ({"hop_ms": 30.0}, "hop_ms must be above 0 and at most window_ms"),
        ({"hop_ms": 0.03}, "hop_ms must be a whole number of samples"),
        ({"sample_rate_hz": 11_025}, "hop_ms must be a whole number of samples"),
        ({"sample_rate_hz": 10**9}, "sample_rate_hz must be at most 1000000"),
        ({"window_ms": 1001.0}, "window_ms must be at most 1000"),
        ({"num_mels": 10**9}, "num_coefficients and num_mels must be at most 1024"),
        ({"kind": "filterbank", "num_coefficients": 10**9}, "num_coefficients and num_mels must be at most 1024"),
        ({"dynamic_range_db": 0.0}, "dynamic_range_db must be above 0"),
        ({"deltas": 3}, "deltas must be 0, 1 or 2"),
        ({"cmvn": "global"}, "cmvn must be none, mean or mean_variance"),
    ],
)
def test_settings_out_of_range_are_errors(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        Mfcc(**settings)
    assert str(error.value).startswith(f"features: {message}")
    (name, value), *_ = settings.items()
    assert f"{name}={value!r}" in str(error.value)


@pytest.mark.parametrize(
    "settings", ["", "dynamic_range_db=40.0", "window_ms=100.0, num_mels=128, num_coefficients=64"]
)
def test_features_are_computed_in_the_calling_thread(settings: str) -> None:
    """OpenBLAS's other threads would compete with the host program's, and slow down on a busy machine."""
    code = (
        "import time\n"
        "import numpy as np\n"
        "from data_prep.features.extractor import Signal\n"
        "from data_prep.features.mfcc import Mfcc\n"
        f"mfcc, signal = Mfcc({settings}), Signal(np.arange(160_000, dtype=np.int16), 16_000)\n"
        "mfcc.frames(signal)\n"
        "time.sleep(0.5)\n"  # OpenBLAS's threads spin for a moment after they start
        "process_s, thread_s = time.process_time(), time.thread_time()\n"
        "for _ in range(100):\n"
        "    mfcc.frames(signal)\n"
        "print((time.process_time() - process_s) / (time.thread_time() - thread_s))\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment |= {"OPENBLAS_NUM_THREADS": "4", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert float(ran.stdout) < 1.2, ran.stderr
