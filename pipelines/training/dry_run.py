"""What ``train check=true`` does: all checks, and what the training would do and about how long it would take."""

import logging
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import SPLITS, Clip
from data_prep.media import MediaError
from data_prep.workers.progress import format_duration
from pipelines.cli.command import CommandOutcome
from pipelines.cli.schema import TrainConfig
from pipelines.training.epochs import choose_epochs, count_steps, occurrences, steps_per_epoch
from pipelines.training.gain import is_wanted
from pipelines.training.setup import read_clips
from recognizers.bundle.spec import RecognizerSpec
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.training.targets import build_vocabulary
from recognizers.vocabulary import Vocabulary

log = logging.getLogger(__name__)

#: Clips that are read to estimate lengths and times, and batches that are timed after a first one.
SAMPLE_CLIPS, TIMED_BATCHES = 6, 3


@dataclass(frozen=True)
class _Estimate:
    """About how long a training takes.

    Attributes:
        prepare_s: Seconds to prepare all clips.
        train_s: Seconds to train.
        steps: Number of optimizer steps.
        length: The number of steps in words.
        signal: Fingerprint of the signals that are prepared.
    """

    prepare_s: float
    train_s: float
    steps: int
    length: str
    signal: str


def dry_run(cfg: TrainConfig, scratch: TrainConfig, num_processes: int) -> CommandOutcome:
    """Check a training without starting it; of the media, only a few clips are read.

    Args:
        cfg: The settings; `check_settings` has been passed.
        scratch: The settings of the comparison with random weights, if there is to be one.
        num_processes: Number of processes that would train together.

    Raises:
        InputError: The corpus cannot be used.
    """
    clips, _ = read_clips(cfg)
    cfg = choose_epochs(cfg, clips, num_processes)
    vocabulary = build_vocabulary(clips, cfg.head.get("unit", "character"), cfg.text.normalize)
    _, encoder, head = RecognizerSpec(cfg.features, cfg.encoder, cfg.head, vocabulary).build()
    counts = Counter(clip.split for clip in clips)
    result = {
        "check": "ok",
        "clips": {split: counts[split] for split in SPLITS},
        "symbols": len(vocabulary.symbols),
        "parameters": sum(p.numel() for part in (encoder, head) for p in part.parameters()),
    }
    if (estimate := _estimate(cfg, clips, vocabulary, num_processes)) is None:
        return CommandOutcome(result)
    prepare_s, train_s = round(estimate.prepare_s, 1), round(estimate.train_s, 1)
    result |= {"steps": estimate.steps, "prepare_s": prepare_s, "train_s": train_s}
    log.info(
        "the settings are fine. Preparing %d clips takes about %s unless they are stored already; %s take about %s on "
        "this CPU",
        len(clips),
        format_duration(estimate.prepare_s),
        estimate.length,
        format_duration(estimate.train_s),
    )
    if is_wanted(cfg, counts["train"], counts["test"], num_processes):
        scratch = replace(scratch, trainer=cfg.trainer)
        result |= _estimate_comparison(estimate, _estimate(scratch, clips, vocabulary, num_processes))
    return CommandOutcome(result)


def _estimate(cfg: TrainConfig, clips: Sequence[Clip], vocabulary: Vocabulary, num_processes: int) -> _Estimate | None:
    """Estimate how long a training takes; None if no clip of the sample can be read."""
    extractor, encoder, head = RecognizerSpec(cfg.features, cfg.encoder, cfg.head, vocabulary).build()
    trained = [clip for clip in clips if clip.split == "train"]
    read_s, frames = _read_sample(trained, extractor)
    if not frames:
        return None
    batch_clips = max(1, min(cfg.batch_size, int(cfg.batch_frames / np.mean(frames)), len(trained)))
    views = 2 if cfg.optimizer.consistency_weight else 1
    batch_s = _time_batch(encoder, head, extractor.num_features, views * batch_clips, round(float(np.mean(frames))))
    batches = _limit(math.ceil(len(trained) * occurrences(cfg) / (batch_clips * num_processes)), cfg.trainer)
    steps, each = count_steps(cfg.trainer, batches), steps_per_epoch(cfg.trainer, batches)
    return _Estimate(
        prepare_s=read_s * len(clips) / max(cfg.num_workers, 1),
        train_s=cfg.seeds * steps / each * batches * batch_s,
        steps=steps,
        length=_describe_length(steps, each),
        signal=extractor.signal_fingerprint(),
    )


def _describe_length(steps: int, steps_an_epoch: int) -> str:
    if steps % steps_an_epoch:
        return f"{steps} steps"
    epochs = steps // steps_an_epoch
    return f"{epochs} epoch{'s' if epochs > 1 else ''} of {steps_an_epoch} steps"


def _estimate_comparison(run: _Estimate, scratch: _Estimate | None) -> dict[str, float]:
    """Return the seconds that the comparison with random weights takes on top of the run; none if they are unknown."""
    if scratch is None:
        return {}
    seconds = scratch.train_s + (scratch.prepare_s if scratch.signal != run.signal else 0)
    log.info("the comparison with random weights takes about %s more", format_duration(seconds))
    return {"scratch_s": round(seconds, 1)}


def _limit(num_batches: int, trainer: Mapping[str, Any]) -> int:
    """Return the number of batches in an epoch that Lightning trains on, which the settings may limit."""
    limit = trainer.get("overfit_batches") or trainer.get("limit_train_batches")
    if limit is None:
        return num_batches
    return max(1, int(limit * num_batches) if isinstance(limit, float) else min(limit, num_batches))


def _read_sample(clips: Sequence[Clip], extractor: FeatureExtractor) -> tuple[float, list[int]]:
    """Return the mean time to read a clip, in seconds, and the numbers of frames of those that could be read."""
    chosen = [clips[index] for index in np.linspace(0, len(clips) - 1, min(SAMPLE_CLIPS, len(clips))).astype(int)]
    extractor.get_ready([clip.media for clip in chosen])
    started, frames = time.perf_counter(), []
    for clip in chosen:
        try:
            frames.append(len(extractor.frames(extractor.signal(clip.media)).values))
        except MediaError as error:
            log.warning("%s", error)
    return (time.perf_counter() - started) / len(chosen), frames


def _time_batch(encoder: Encoder, head: Head, num_features: int, num_clips: int, num_frames: int) -> float:
    """Return the seconds that a batch of random frames takes, forward and backward."""
    frames = torch.randn(num_clips, num_frames, num_features)
    lengths = torch.full((num_clips,), num_frames)
    target = torch.full((num_clips, 1), head.vocabulary.first_id)
    times_s = []
    for _ in range(1 + TIMED_BATCHES):
        started = time.perf_counter()
        encoded, encoded_lengths = encoder(frames, lengths)
        head.loss(encoded, encoded_lengths, target, torch.ones(num_clips, dtype=torch.long)).backward()
        times_s.append(time.perf_counter() - started)
    return float(np.mean(times_s[1:]))
