"""Pictures of a few clips of a corpus."""

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.canvas import Picture
from data_prep.report.keypoint_strip import draw_hands
from data_prep.report.sampling import choose_clips
from data_prep.report.spectrogram import draw_spectrogram


def draw_clips(prepared: Prepared, count: int, seed: int) -> list[tuple[Clip, Picture, float]]:
    """Draw some clips, each with how many seconds it lasts."""
    chosen = choose_clips(prepared.clips, count, seed)
    return [(clip, draw(prepared.signal(clip)), prepared.duration_s(clip)) for clip in chosen]


def draw(signal: Signal) -> Picture:
    """The picture that suits a signal."""
    return draw_spectrogram(signal) if signal.values.ndim == 1 else draw_hands(signal)
