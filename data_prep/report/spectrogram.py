"""Sound as a picture: mel bands from low to high, time from left to right, bright where it is loud."""

import numpy as np
from PIL import Image, ImageDraw

from data_prep.features.extractor import Signal
from data_prep.report.canvas import SCALE, Picture, finished, font, new_canvas
from data_prep.report.palette import FOREGROUND

WIDTH, HEIGHT = 400, 150
LEFT, TOP, RIGHT, BOTTOM = 34, 8, 10, 24
BANDS, LOWEST_HZ = 64, 20.0
WINDOW_S = 0.025
RANGE_DB = 70.0
#: Samples transformed at once: an hour of sound must not be unfolded whole.
_WINDOWS_AT_ONCE = 4096
#: From quiet to loud: dark violet over red to pale yellow, evenly brighter.
_COLOURS = np.array(
    [(12, 8, 30), (59, 15, 112), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)], np.float64
)


def draw_spectrogram(signal: Signal) -> Picture:
    """A waveform (T,) as a log-mel spectrogram with a time axis in seconds and a frequency axis in kHz."""
    image, draw = new_canvas(WIDTH, HEIGHT)
    width, height = (WIDTH - LEFT - RIGHT) * SCALE, (HEIGHT - TOP - BOTTOM) * SCALE
    decibels = log_mel(signal.values, signal.rate_hz, columns=width // 2)  # (columns, BANDS)
    floor = max(float(decibels.max()) - RANGE_DB, -120.0)
    brightness = np.clip((decibels - floor) / max(float(decibels.max()) - floor, 1e-9), 0, 1)
    pixels = _coloured(brightness.T[::-1])  # (BANDS, columns, 3), high bands on top
    strip = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    image.paste(strip, (LEFT * SCALE, TOP * SCALE))
    _time_axis(draw, signal.duration_s, width)
    _frequency_axis(draw, signal.rate_hz, height)
    return finished(image, _coloured(np.linspace(0, 1, 240)))


def log_mel(samples: np.ndarray, rate_hz: float, columns: int) -> np.ndarray:
    """Mel energies in dB, at evenly spaced times.

    Args:
        samples: (T,) int16.
        rate_hz: Their rate.
        columns: How many times; each stands for its share of the clip, whose middle it is.

    Returns:
        (columns, BANDS); 0 dB is a sine at full scale, silence -120 dB.
    """
    window = max(round(WINDOW_S * rate_hz), 16)
    size = 1 << (window - 1).bit_length()
    taper = np.hanning(window + 1)[:-1]
    filters = mel_filters(rate_hz, size)  # (BANDS, size / 2 + 1)
    padded = np.pad(samples, (window // 2, window))
    starts = np.minimum((np.arange(columns) + 0.5) * len(samples) / columns, max(len(samples) - 1, 0)).astype(int)
    # Where columns are further apart than windows are long, several windows share one.
    each = min(max(1, round(len(samples) / columns / (window / 2))), 16)
    steps = ((np.arange(each) - (each - 1) / 2) * len(samples) / columns / each).astype(int)
    places = np.clip(starts[:, None] + steps, 0, max(len(samples) - 1, 0)).reshape(-1)  # (columns * each,)
    energies = np.empty((len(places), BANDS))
    for first in range(0, len(places), _WINDOWS_AT_ONCE):
        part = places[first : first + _WINDOWS_AT_ONCE]
        windows = padded[part[:, None] + np.arange(window)] / 32767 * taper
        power = np.abs(np.fft.rfft(windows, size)) ** 2 / (taper.sum() / 2) ** 2
        energies[first : first + len(part)] = power @ filters.T
    return 10 * np.log10(energies.reshape(columns, each, BANDS).mean(axis=1) + 1e-12)


def mel_filters(rate_hz: float, size: int) -> np.ndarray:
    """Triangles (BANDS, size / 2 + 1) between points that are evenly spaced in mel (HTK's formula)."""
    edges_hz = _hz(np.linspace(_mel(LOWEST_HZ), _mel(rate_hz / 2), BANDS + 2))
    bins_hz = np.arange(size // 2 + 1) * rate_hz / size
    rising = (bins_hz - edges_hz[:-2, None]) / (edges_hz[1:-1] - edges_hz[:-2])[:, None]
    falling = (edges_hz[2:, None] - bins_hz) / (edges_hz[2:] - edges_hz[1:-1])[:, None]
    filters = np.clip(np.minimum(rising, falling), 0, None)
    # A low band may be narrower than a bin of the transform: it takes what lies nearest to its middle.
    nearest = np.abs(bins_hz - edges_hz[1:-1, None]).argmin(axis=1)
    empty = filters.sum(axis=1) == 0
    filters[empty, nearest[empty]] = 1.0
    return filters


def nice_step(span: float, most: int) -> float:
    """The least of 1, 2, 5, 10, … (and their tenths) that divides a span into at most that many parts."""
    steps = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5)]
    return next((step for step in steps if span / step <= most), steps[-1])


def _coloured(brightness: np.ndarray) -> np.ndarray:
    places = np.linspace(0, 1, len(_COLOURS))
    channels = [np.interp(brightness, places, _COLOURS[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def _time_axis(draw: ImageDraw.ImageDraw, duration_s: float, width: int) -> None:
    step_s = nice_step(duration_s, most=6)
    top = (HEIGHT - BOTTOM) * SCALE
    for index in range(int(duration_s / step_s + 1e-9) + 1):
        x = LEFT * SCALE + round(index * step_s / duration_s * (width - 1))
        draw.line([(x, top), (x, top + 4 * SCALE)], FOREGROUND, SCALE)
        text = f"{index * step_s:g}"
        # The unit stands beside the first number, where it cannot run out of the picture.
        draw.text((x, top + 5 * SCALE), f"{text} s" if index == 0 else text, FOREGROUND, font(), anchor="ma")


def _frequency_axis(draw: ImageDraw.ImageDraw, rate_hz: float, height: int) -> None:
    lowest, highest = _mel(LOWEST_HZ), _mel(rate_hz / 2)
    draw.text(((LEFT - 6) * SCALE, TOP * SCALE), "kHz", FOREGROUND, font(), anchor="ra")
    for hz in (500, 1000, 2000, 4000, 8000, 16000):
        share = float((_mel(hz) - lowest) / (highest - lowest))
        if share < 0.9:
            y = TOP * SCALE + round((1 - share) * (height - 1))
            draw.line([((LEFT - 4) * SCALE, y), (LEFT * SCALE - 1, y)], FOREGROUND, SCALE)
            draw.text(((LEFT - 6) * SCALE, y), f"{hz / 1000:g}", FOREGROUND, font(), anchor="rm")


def _mel(hz: float | np.ndarray) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hz) / 700)


def _hz(mel: np.ndarray) -> np.ndarray:
    return 700 * (10 ** (mel / 2595) - 1)
