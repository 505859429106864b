"""Draw the README's two pictures: a recording with its recognised words, and signs with their tracked hands.

    python docs/pictures/draw_recognition.py speech RUN docs/pictures/speech.png data/demo_speech/test/test-00041.wav
    python docs/pictures/draw_recognition.py signs RUN docs/pictures/signs.png \
        data/demo_signs/test00/open_0.mp4 data/demo_signs/test02/close_0.mp4

RUN is a run directory of ``experiment=demo_speech`` or ``experiment=demo_signs``. Both clips belong to test splits, so
neither the voice nor the hands were seen in training.
"""

import sys
from pathlib import Path

import librosa
import matplotlib as mpl
import numpy as np
import soundfile
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.media import Media, read_pictures
from recognizers import load
from recognizers.prediction import Word

INK, FAINT, ACCENT, PALM = "#263238", "#90a4ae", "#3949ab", "#cfd8dc"
FINGER_COLOURS = ("#ff6b6b", "#ffb84d", "#8cd867", "#4fc3f7", "#be8cff")  # thumb to little finger
PALM_BONES = ((0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17))
FRAMES_SHOWN = 8


def draw_speech(run: Path, path: Path) -> plt.Figure:
    """Waveform, mel spectrogram and recognised words of one recording, on one time axis."""
    transcript = load(run).transcribe(path)
    samples, rate_hz = soundfile.read(path)  # (num_samples,)
    figure, (wave, mel, words) = plt.subplots(
        3, 1, figsize=(10, 3.1), sharex=True, height_ratios=(1, 2, 0.9), layout="constrained"
    )
    times_s = np.arange(len(samples)) / rate_hz
    wave.plot(times_s, samples, color=ACCENT, linewidth=0.5)
    wave.set_ylabel("waveform")
    draw_mel_spectrogram(mel, samples, rate_hz)
    for word in transcript.words:
        draw_word(words, word)
        wave.axvspan(word.start_s, word.end_s, color=ACCENT, alpha=0.07, linewidth=0)
    words.set(xlim=(0, times_s[-1]), ylim=(0, 1), xlabel="seconds")
    words.set_ylabel("words")
    for axis in (wave, mel, words):
        axis.spines[:].set_visible(False)
        axis.set_yticks([])
    for axis in (wave, mel):
        axis.tick_params(bottom=False)
    return figure


def draw_mel_spectrogram(ax: Axes, samples: np.ndarray, rate_hz: int) -> None:
    """Mel energies in dB; the recognizer hears the cosine transform of these."""
    energies = librosa.feature.melspectrogram(y=samples, sr=rate_hz, n_fft=400, hop_length=80, n_mels=80)  # (80, T)
    levels_db = librosa.power_to_db(energies, ref=np.max, top_db=45)
    extent = (0, len(samples) / rate_hz, 0, 80)
    ax.imshow(levels_db, aspect="auto", origin="lower", cmap="magma", extent=extent, interpolation="nearest")
    ax.set_ylabel("mel bands")


def draw_word(ax: Axes, word: Word) -> None:
    """One recognised word as a box over the time in which it is said."""
    width_s = word.end_s - word.start_s
    ax.add_patch(plt.Rectangle((word.start_s, 0.05), width_s, 0.9, facecolor=ACCENT, alpha=0.9, edgecolor="white"))
    middle_s = (word.start_s + word.end_s) / 2
    ax.text(middle_s, 0.6, word.text, ha="center", va="center", color="white", fontsize=12, weight="bold")
    ax.text(
        middle_s, 0.25, f"{word.start_s:.2f}–{word.end_s:.2f} s", ha="center", va="center", color="white", fontsize=7
    )


def draw_signs(run: Path, paths: list[Path]) -> plt.Figure:
    """A row for each video: frames with the tracked hand, and the recognised sign with its probability."""
    recognizer = load(run)
    figure, rows = plt.subplots(
        len(paths), FRAMES_SHOWN + 1, figsize=(10, 1.25 * len(paths)), squeeze=False, layout="constrained"
    )
    for row, path in zip(rows, paths, strict=True):
        landmarks = HandKeypoints(frame_rate_hz=15).signal(Media(path)).values[:, :, 0, :, :2]  # (T, hands, 21, 2)
        pictures = list(read_pictures(Media(path)))
        shown = np.linspace(0, len(pictures) - 1, FRAMES_SHOWN).round().astype(int)
        for axis, index in zip(row, shown, strict=False):
            time_s, picture = pictures[index]
            axis.imshow(picture)
            for hand in landmarks[index]:
                draw_hand(axis, hand * picture.shape[0])  # from shares of the height to pixels
            axis.set_title(f"{time_s:.1f} s", fontsize=8, color=FAINT, pad=2)
            axis.axis("off")
        answer = recognizer.classify(path)
        row[-1].axis("off")
        row[-1].text(0.5, 0.55, answer.label, ha="center", va="center", fontsize=17, weight="bold", color=ACCENT)
        row[-1].text(0.5, 0.3, f"{answer.confidence:.0%}", ha="center", va="center", fontsize=10, color=INK)
    return figure


def draw_hand(ax: Axes, points: np.ndarray) -> None:
    """The bones of one hand, (21, 2) in pixels; an absent hand is NaN and leaves no line."""
    for bone in PALM_BONES:
        ax.plot(*points[list(bone)].T, color=PALM, linewidth=1.8)
    for finger, colour in enumerate(FINGER_COLOURS):
        joints = points[1 + 4 * finger : 5 + 4 * finger]
        ax.plot(*joints.T, color=colour, linewidth=1.8, marker="o", markersize=2.5)


def main(modality: str, run: str, output: str, *paths: str) -> None:
    """Draw one picture and write it as PNG."""
    mpl.use("Agg")
    plt.rcParams.update({"font.size": 10, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK})
    inputs = [Path(path) for path in paths]
    figure = draw_speech(Path(run), inputs[0]) if modality == "speech" else draw_signs(Path(run), inputs)
    figure.savefig(output, dpi=120, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main(*sys.argv[1:])
