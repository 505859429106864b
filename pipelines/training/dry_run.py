"""What ``train check=true`` does: all checks, and what the training would do and about how long it would take."""

import logging
import math
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import SPLITS, Clip
from data_prep.media import MediaError
from data_prep.workers.progress import format_duration
from pipelines.cli.command import CommandOutcome
from pipelines.cli.schema import TrainConfig
from pipelines.training.epochs import choose_epochs
from pipelines.training.setup import read_clips
from recognizers.bundle.spec import RecognizerSpec
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.training.targets import build_vocabulary

log = logging.getLogger(__name__)

#: Clips that are read to estimate lengths and times, and steps that are timed after a first one.
SAMPLE_CLIPS, TIMED_STEPS = 6, 3


def dry_run(cfg: TrainConfig, num_processes: int) -> CommandOutcome:
    """Check a training without starting it; of the media, only a few clips are read.

    Args:
        cfg: The settings; `check_settings` has been passed.
        num_processes: Number of processes that would train together.

    Raises:
        InputError: The corpus cannot be used.
    """
    clips, _ = read_clips(cfg)
    cfg = choose_epochs(cfg, clips, num_processes)
    vocabulary = build_vocabulary(clips, cfg.head.get("unit", "character"), cfg.text.normalize)
    extractor, encoder, head = RecognizerSpec(cfg.features, cfg.encoder, cfg.head, vocabulary).build()
    counts = Counter(clip.split for clip in clips)
    result = {
        "check": "ok",
        "clips": {split: counts[split] for split in SPLITS},
        "symbols": len(vocabulary.symbols),
        "parameters": sum(p.numel() for part in (encoder, head) for p in part.parameters()),
    }
    trained = [clip for clip in clips if clip.split == "train"]
    read_s, frames = _read_sample(trained, extractor)
    if frames:
        epochs = cfg.trainer.get("max_epochs") or 1000
        batch_clips = max(1, min(cfg.batch_size, int(cfg.batch_frames / np.mean(frames)), len(trained)))
        views = 2 if cfg.optimizer.consistency_weight else 1
        step_s = _time_step(encoder, head, extractor.num_features, views * batch_clips, round(float(np.mean(frames))))
        steps = epochs * math.ceil(len(trained) / batch_clips)
        prepare_s = read_s * len(clips) / max(cfg.num_workers, 1)
        result |= {"steps": steps, "prepare_s": round(prepare_s, 1), "train_s": round(steps * step_s, 1)}
        log.info(
            "the settings are fine. Preparing %d clips takes about %s unless they are stored already; %d epochs of %d "
            "steps take about %s on this CPU",
            len(clips),
            format_duration(prepare_s),
            epochs,
            steps // epochs,
            format_duration(steps * step_s),
        )
    return CommandOutcome(result)


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


def _time_step(encoder: Encoder, head: Head, num_features: int, num_clips: int, num_frames: int) -> float:
    """Return the seconds that a training step takes on random frames."""
    frames = torch.randn(num_clips, num_frames, num_features)
    lengths = torch.full((num_clips,), num_frames)
    target = torch.full((num_clips, 1), head.vocabulary.first_id)
    times_s = []
    for _ in range(1 + TIMED_STEPS):
        started = time.perf_counter()
        encoded, encoded_lengths = encoder(frames, lengths)
        head.loss(encoded, encoded_lengths, target, torch.ones(num_clips, dtype=torch.long)).backward()
        times_s.append(time.perf_counter() - started)
    return float(np.mean(times_s[1:]))
