"""Views of single clips for a page: the picture, the sound or the moving hands, and what was emitted."""

import io
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np
import soundfile
import soxr

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.media import MediaError
from data_prep.prepare import Prepared
from data_prep.report.hand_marks import longest_filled_gap_s
from data_prep.report.thumbnails import Picture, draw_signal
from pipelines.reporting.emission_picture import draw_emissions
from pipelines.reporting.moving_hands import animate_hands
from recognizers.inference.clip_predictor import ClipPredictor

log = logging.getLogger(__name__)

#: Longer clips are cut to this many seconds, so that pages stay small; series are shown whole.
MAX_SHOWN_S = 20.0
#: Rates at which MP3 exists, in Hz; sound at other rates is resampled to the next one.
MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
#: From 0 (best) to 1 (smallest); about 3 kB for a second at 16 kHz.
MP3_COMPRESSION = 0.8


@dataclass(frozen=True)
class ClipView:
    """A clip as it appears in a page.

    Attributes:
        row: The row of the scored clip.
        picture: Its spectrogram, keypoint strip or lines, above its emissions if it has any over time;
            None to show texts only.
        sound: An MP3 file; None for clips without sound.
        hands: An animated WebP file of the tracked hands; None for sound, numbers and photos.
        shown_s: The number of seconds shown, if the clip is longer; else None.
        best: The most probable labels with their probabilities; empty for texts.
    """

    row: dict[str, Any]
    picture: Picture | None
    sound: bytes | None
    hands: bytes | None
    shown_s: float | None
    best: list[tuple[str, float]]


class Viewer(Protocol):
    """Draws clips."""

    def view(self, row: dict[str, Any]) -> ClipView | None:
        """Draw the clip of a row; None if it cannot be drawn."""
        ...


class ClipViewer:
    """Draws clips as one recognizer sees them.

    Args:
        predictor: The recognizer.
        prepared: The signals.
        clips: The clips that may be viewed.
    """

    def __init__(self, predictor: ClipPredictor, prepared: Prepared, clips: Sequence[Clip]) -> None:
        self.predictor = predictor
        self.prepared = prepared
        self.clips = {clip.id: clip for clip in clips}

    def view(self, row: dict[str, Any]) -> ClipView | None:
        """Draw the clip of a row; None if it has no signal, because it could not be read."""
        clip = self.clips.get(row["id"])
        if clip is None or "failure" in row:
            return None
        signal = self.prepared.signal(clip)
        shown = _beginning(signal)
        try:
            frames = self.predictor.extractor.frames(signal)
        except MediaError as error:
            log.debug("%s is not shown: %s", clip.id, error)
            return None
        [emissions] = self.predictor.emissions([frames], 1)
        over_time = emissions.ndim == 2
        moves = not (signal.is_waveform or signal.is_series) and len(shown.values) > 1
        return ClipView(
            row,
            draw_emissions(shown, emissions, self.predictor, row["reference"]) if over_time else self._draw(shown),
            encode_mp3(shown) if signal.is_waveform else None,
            animate_hands(shown) if moves else None,
            shown.duration_s if shown is not signal else None,
            [] if over_time else _best_labels(emissions, self.predictor.interpreter.vocabulary.symbols),
        )

    def _draw(self, signal: Signal) -> Picture:
        return draw_signal(signal, longest_filled_gap_s(self.predictor.extractor))


class TextViewer:
    """Shows what was recognised of clips, and nothing of the clips themselves."""

    def view(self, row: dict[str, Any]) -> ClipView | None:
        """See `ClipViewer.view`."""
        return None if "failure" in row else ClipView(row, None, None, None, None, [])


class PooledViewer:
    """Draws clips of several recognizers, such as the folds of a cross-validation, each as its own one sees it.

    Args:
        viewers: The viewers; a clip belongs to the first that has it.
    """

    def __init__(self, viewers: Sequence[ClipViewer]) -> None:
        self.viewers = viewers

    def view(self, row: dict[str, Any]) -> ClipView | None:
        """See `ClipViewer.view`."""
        viewer = next((viewer for viewer in self.viewers if row["id"] in viewer.clips), None)
        return None if viewer is None else viewer.view(row)


def draw_views(viewer: Viewer, rows: Iterable[dict[str, Any]], count: int) -> list[ClipView]:
    """Draw the first `count` of the rows whose clips can be drawn."""
    found = (view for row in rows if (view := viewer.view(row)) is not None)
    return list(islice(found, count))


def encode_mp3(signal: Signal) -> bytes:
    """Encode a waveform (T,) int16 as MP3, which every browser plays."""
    rate_hz = next((rate for rate in MP3_RATES_HZ if rate >= signal.rate_hz), MP3_RATES_HZ[-1])
    samples = signal.values
    if rate_hz != signal.rate_hz:
        samples = soxr.resample(samples, signal.rate_hz, rate_hz)
    content = io.BytesIO()
    soundfile.write(
        content, samples, rate_hz, format="MP3", subtype="MPEG_LAYER_III", compression_level=MP3_COMPRESSION
    )
    return content.getvalue()


def _beginning(signal: Signal) -> Signal:
    if signal.is_series or signal.duration_s <= MAX_SHOWN_S:
        return signal
    return Signal(signal.values[: round(MAX_SHOWN_S * signal.rate_hz)], signal.rate_hz)


def _best_labels(log_probs: np.ndarray, labels: Sequence[str], count: int = 5) -> list[tuple[str, float]]:
    """(C,) log-probabilities -> the most probable labels, best first."""
    order = np.argsort(-log_probs, kind="stable")[:count]
    return [(labels[index], float(np.exp(log_probs[index]))) for index in order]
