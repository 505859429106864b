"""Watching a training: what the recognizer makes of a few validation clips now, as a line and as pictures."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytorch_lightning as pl
import torch
from PIL import Image
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy

from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.prepare import Prepared
from data_prep.report.hand_marks import longest_filled_gap_s
from data_prep.report.printable import printable
from data_prep.report.sampling import choose_varied_clips
from pipelines.reporting.clip_picture import Emissions, RecognizedClip, draw_clip, draw_recognized_clip
from pipelines.reporting.short_text import shorten
from pipelines.training.epoch_lines import describe_epoch
from pipelines.training.loggers import log_picture, shows_pictures
from recognizers.batch import Batch, Example
from recognizers.inference.ctc_alignment import align
from recognizers.inference.line_breaks import columns
from recognizers.prediction import ClipLabel, ClipPrediction
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.training.targets import TargetClip

log = logging.getLogger(__name__)

#: Clips that are watched; the line is about the first.
WATCHED_CLIPS = 3
#: Longer clips are watched only if there are not enough others.
READABLE_S = 12.0
#: Pictures are drawn less often if they would take more than this share of the time.
MAX_TIME_SHARE = 0.02
LINE_COLUMNS = 80


@dataclass(frozen=True)
class WatchedClip:
    """A validation clip that is watched.

    Attributes:
        entry: The clip with its target.
        expected: Its text or label, as the recognizer is to write it.
        signal: Samples or landmarks.
        frames: (T, F) float32, its features.
    """

    entry: TargetClip
    expected: str
    signal: Signal
    frames: np.ndarray


class Watch(Callback):
    """Recognises the same few validation clips at each validation.

    A line in the log says what is recognised of the first one. Every few epochs, pictures of all of them with their
    emissions go to the logger, if it can show pictures: after the first validation, in the last epoch, and in between
    as long as they take less than `MAX_TIME_SHARE` of the time. Only the first process does this; it draws no random
    numbers and changes nothing in the training.

    Args:
        clips: The validation clips.
        prepared: Gives the clips' signals.
        extractor: Computes features.
        every_epochs: Fewest epochs from one set of pictures to the next.
    """

    def __init__(
        self, clips: Sequence[TargetClip], prepared: Prepared, extractor: FeatureExtractor, every_epochs: int
    ) -> None:
        self._entries = choose_watched(clips, prepared)
        self._prepared = prepared
        self._extractor = extractor
        self._every_epochs = every_epochs
        self._clips: list[WatchedClip] = []
        self._drawn: dict[str, Image.Image] = {}
        self._line = ""
        self._drawn_epoch: int | None = None
        self._drawing_s = 0.0

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Read the clips, and draw what stays the same: it takes seconds once, to import matplotlib and librosa."""
        if not (trainer.is_global_zero and has_whole_network(trainer) and isinstance(pl_module, SequenceRecognizer)):
            return
        self._clips = [self._read(entry) for entry in self._entries]
        if any(shows_pictures(logger) for logger in trainer.loggers):
            fill_gaps_s = longest_filled_gap_s(self._extractor)
            with self._survive_failure():
                self._drawn = {clip.entry.clip.id: draw_clip(clip.signal, fill_gaps_s) for clip in self._clips}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started_at = time.monotonic()

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Recognise the clips, with the weights that are validated: those of the average, if there is one."""
        if not self._clips or not isinstance(pl_module, SequenceRecognizer):
            return
        pictures_due = self._pictures_are_due(trainer)
        watched = self._clips if pictures_due else self._clips[:1]
        log_probs, predictions = recognize(trainer, pl_module, watched)
        self._line = describe_prediction(describe_epoch(trainer), watched[0].expected, predictions[0])
        if not trainer.is_last_batch:  # validation within an epoch
            self._log_line()
        if pictures_due:
            with self._survive_failure():
                self._draw(trainer, pl_module, log_probs, predictions)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the line of the validation at the end of the epoch, below that of the epoch itself."""
        self._log_line()

    @contextmanager
    def _survive_failure(self) -> Iterator[None]:
        """Draw no more pictures if one cannot be drawn: a long training must not end because of it."""
        try:
            yield
        except Exception as error:
            log.warning("no more pictures of what is recognised: drawing one failed", exc_info=error)
            self._drawn = {}

    def _log_line(self) -> None:
        if self._line:
            log.info("%s", self._line)
        self._line = ""

    def _read(self, entry: TargetClip) -> WatchedClip:
        signal = self._prepared.signal(entry.clip)
        return WatchedClip(entry, entry.reference, signal, self._extractor.frames(signal).values)

    def _pictures_are_due(self, trainer: pl.Trainer) -> bool:
        if not self._drawn:
            return False
        epoch = trainer.current_epoch
        if self._drawn_epoch is None or epoch + 1 == trainer.max_epochs:
            return epoch != self._drawn_epoch
        has_time = self._drawing_s < MAX_TIME_SHARE * (time.monotonic() - self._started_at)
        return has_time and epoch - self._drawn_epoch >= self._every_epochs

    def _draw(
        self,
        trainer: pl.Trainer,
        module: SequenceRecognizer,
        log_probs: Sequence[np.ndarray],
        predictions: Sequence[ClipPrediction],
    ) -> None:
        started_at = time.monotonic()
        frame_rate_hz = self._extractor.frame_rate_hz
        for number, (clip, emitted, prediction) in enumerate(
            zip(self._clips, log_probs, predictions, strict=True), start=1
        ):
            title = f"epoch {describe_epoch(trainer)}   validation clip {clip.entry.clip.id}"
            view = view_clip(clip, title, emitted, prediction, module, frame_rate_hz)
            picture = draw_recognized_clip(view, self._drawn[clip.entry.clip.id])
            for logger in trainer.loggers:
                log_picture(logger, f"watch/clip_{number}", picture, trainer.global_step)
        self._drawn_epoch = trainer.current_epoch
        self._drawing_s += time.monotonic() - started_at


def watch_validation(data: ClipData, every_epochs: int | None) -> Watch | None:
    """Make the callback for the validation clips; None if there are none, or if nothing is to be watched."""
    clips = data.validation
    if every_epochs is None or not len(clips):
        return None
    return Watch(clips.clips, clips.prepared, clips.extractor, every_epochs)


def has_whole_network(trainer: pl.Trainer) -> bool:
    """Whether the first process can compute alone; strategies that share out the weights need all processes for it."""
    return isinstance(trainer.strategy, SingleDeviceStrategy) or type(trainer.strategy) is DDPStrategy


def choose_watched(clips: Sequence[TargetClip], prepared: Prepared) -> list[TargetClip]:
    """Choose the clips to watch: the same ones each time, with different texts or labels, and not too long."""
    by_length = sorted(clips, key=lambda entry: prepared.duration_s(entry.clip))
    readable = [entry for entry in by_length if prepared.duration_s(entry.clip) <= READABLE_S and entry.target]
    chosen = readable if len(readable) >= WATCHED_CLIPS else by_length[: max(WATCHED_CLIPS, len(by_length) // 2)]
    by_id = {entry.clip.id: entry for entry in sorted(chosen, key=lambda entry: entry.clip.id)}
    varied = choose_varied_clips([entry.clip for entry in by_id.values()], WATCHED_CLIPS, seed=0)
    return [by_id[clip.id] for clip in varied]


@torch.no_grad()
def recognize(
    trainer: pl.Trainer, module: SequenceRecognizer, clips: Sequence[WatchedClip]
) -> tuple[list[np.ndarray], Sequence[ClipPrediction]]:
    """Compute the log-probabilities of each clip, and its prediction; the module is in evaluation mode."""
    batch = Batch.from_examples([Example(clip.entry.clip.id, clip.frames, clip.entry.target) for clip in clips])
    batch = batch.to(module.device)
    with trainer.precision_plugin.forward_context():
        encoded, lengths = module(batch.frames, batch.frame_lengths)
        log_probs = module.head.log_probs(encoded, lengths).float().cpu().numpy()
    interpreter, counts = module.head.interpreter, lengths.cpu().numpy()
    return interpreter.emissions(log_probs, counts), interpreter.predictions(log_probs, counts)


def view_clip(
    clip: WatchedClip,
    title: str,
    log_probs: np.ndarray,
    prediction: ClipPrediction,
    module: SequenceRecognizer,
    frame_rate_hz: float,
) -> RecognizedClip:
    """Collect what the picture of a clip shows."""
    output: Emissions | dict[str, float]
    if isinstance(prediction, ClipLabel):
        output = dict(prediction.scores)
    else:
        rate_hz = frame_rate_hz / module.encoder.subsampling
        names = ("", *module.head.vocabulary.symbols)
        aligned = align(log_probs, clip.entry.target, rate_hz, frame_rate_hz)
        expected = [(names[symbol.id], symbol.start_s, symbol.end_s) for symbol in aligned]
        output = Emissions(log_probs, names, rate_hz, expected)
    return RecognizedClip(title, clip.expected, prediction.text, clip.signal.duration_s, output)


def describe_prediction(epoch: str, expected: str, prediction: ClipPrediction) -> str:
    """Describe what is recognised of a clip in a line of at most `LINE_COLUMNS` columns.

    Args:
        epoch: Number of the epoch.
        expected: The right text or label.
        prediction: What is recognised.
    """
    confidence = f" ({prediction.confidence:.0%})" if isinstance(prediction, ClipLabel) else ""
    expected, recognized = printable(expected), printable(prediction.text)
    start = f"epoch {epoch}: "
    if not recognized:
        start += "nothing recognised of "
        return f'{start}"{shorten(expected, LINE_COLUMNS - columns(start) - 2)}"'
    room = LINE_COLUMNS - columns(f'{start}"" recognised as ""{confidence}')
    # The longer text may use what the other one leaves of its half.
    expected = shorten(expected, max(room // 2, room - columns(recognized[:LINE_COLUMNS])))
    recognized = shorten(recognized, room - columns(expected))
    return f'{start}"{expected}" recognised as "{recognized}"{confidence}'
