"""The clips on which a recognizer is probed, with their features in memory."""

import logging
import random
from dataclasses import dataclass
from pathlib import Path

from data_prep.errors import InputError, did_you_mean
from data_prep.failures import Failure
from data_prep.features.extractor import Frames
from data_prep.manifest import Clip
from data_prep.prepare import Prepared, prepare
from pipelines.cli.probe_schema import ProbeConfig
from pipelines.inference.own_corpus import own_clips
from pipelines.inference.scored_clips import check_targets, select_split
from recognizers.bundle.weights import Bundle
from recognizers.decoder.greedy import Greedy
from recognizers.inference.predictor import Predictor
from recognizers.inference.scoring import FEW_CLIPS
from recognizers.instantiate import instantiate
from recognizers.probe.memory_tasks import LabelledFrames
from recognizers.runtime.torch_network import TorchNetwork
from recognizers.training.targets import target_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProbeClips:
    """Clips, and the recognizer that is probed on them.

    Attributes:
        predictor: The recognizer.
        clips: The clips.
        frames: The frames of each clip.
        references: The text or label of each clip.
        prepared: Gives their signals.
        failures: Clips that could not be read, and were left out.
        described: What the clips are, for the page.
        remarks: What one must know of the choice of clips.
    """

    predictor: Predictor
    clips: list[Clip]
    frames: list[Frames]
    references: list[str]
    prepared: Prepared
    failures: list[Failure]
    described: str
    remarks: list[str]


def read_clips(cfg: ProbeConfig, model: Path, bundle: Bundle) -> ProbeClips:
    """Read the clips that the settings choose.

    Raises:
        InputError: There are no such clips, or none is short enough, or one has no text or label.
    """
    predictor = Predictor(bundle.extractor, TorchNetwork(bundle.encoder, bundle.head), bundle.interpreter)
    remarks = []
    if not predictor.interpreter.decoder.is_complete:
        predictor = predictor.with_decoder(Greedy())
        remarks.append("Decoded greedily: the weights of the recognizer's own decoder are not set.")
    clips = select_split(instantiate(cfg.corpus).clips() if cfg.corpus else own_clips(model), cfg.split)
    check_targets(predictor, clips)
    clips = _draw(clips, cfg, remarks)
    prepared = prepare(clips, bundle.extractor, Path(cfg.store_dir), cfg.num_workers)
    clips = _leave_out_long(prepared, cfg, remarks)
    if len(clips) < FEW_CLIPS:
        remarks.append(f"Only {len(clips)} clip(s): the figures may be far from those on other clips.")
    for remark in remarks:
        log.warning("%s", remark)
    vocabulary = predictor.interpreter.vocabulary
    return ProbeClips(
        predictor=predictor,
        clips=clips,
        frames=[bundle.extractor.frames(prepared.signal(clip)) for clip in clips],
        references=[target_of(clip, vocabulary.unit, vocabulary.normalize) for clip in clips],
        prepared=prepared,
        failures=prepared.failures,
        described=f"{cfg.corpus_name or 'its own corpus'}, split {cfg.split}",
        remarks=remarks,
    )


def read_frames_to_remember(cfg: ProbeConfig, model: Path, bundle: Bundle) -> list[LabelledFrames]:
    """Read clips of all splits, at most `max_clips`, with what is to be remembered of each.

    That is the label or, of a text, the last word, which is nearest to a pause after the clip.
    """
    wanted = "label" if bundle.interpreter.target == "label" else "text"
    clips = instantiate(cfg.corpus).clips() if cfg.corpus else own_clips(model)
    clips = [clip for clip in clips if (getattr(clip, wanted) or "").strip()]  # the probe itself needs test clips only
    if len(clips) > cfg.max_clips:
        clips = random.Random(cfg.seed).sample(clips, cfg.max_clips)
    prepared = prepare(clips, bundle.extractor, Path(cfg.store_dir), cfg.num_workers)
    vocabulary = bundle.interpreter.vocabulary
    answers = {clip.id: target_of(clip, vocabulary.unit, vocabulary.normalize) for clip in prepared.clips}
    if bundle.interpreter.target == "text":
        answers = {name: (text.split() or [""])[-1] for name, text in answers.items()}
    usable = [clip for clip in prepared.clips if answers[clip.id] and prepared.duration_s(clip) <= cfg.longest_s]
    return [LabelledFrames(bundle.extractor.frames(prepared.signal(clip)).values, answers[clip.id]) for clip in usable]


def _draw(clips: list[Clip], cfg: ProbeConfig, remarks: list[str]) -> list[Clip]:
    """Draw at random if there are more clips than wanted; the clip that is asked for stays."""
    asked = [clip for clip in clips if clip.id == cfg.clip]
    if cfg.clip is not None and not asked:
        hint = did_you_mean(cfg.clip, [clip.id for clip in clips]) or f"; the first is {clips[0].id}"
        raise InputError(f"clip={cfg.clip}: there is no such clip among those with split={cfg.split}{hint}")
    if len(clips) <= cfg.max_clips:
        return clips
    remarks.append(f"{cfg.max_clips:,} of {len(clips):,} clips, drawn at random (max_clips).")
    others = [number for number, clip in enumerate(clips) if clip.id != cfg.clip]
    drawn = set(random.Random(cfg.seed).sample(others, cfg.max_clips - len(asked)))
    return [clip for number, clip in enumerate(clips) if number in drawn or clip.id == cfg.clip]


def _leave_out_long(prepared: Prepared, cfg: ProbeConfig, remarks: list[str]) -> list[Clip]:
    durations = {clip.id: prepared.duration_s(clip) for clip in prepared.clips}
    if durations.get(cfg.clip or "", 0) > cfg.longest_s:
        raise InputError(f"clip={cfg.clip} has {durations[cfg.clip or '']:.1f} s; give longest_s=SECONDS to use it")
    kept = [clip for clip in prepared.clips if durations[clip.id] <= cfg.longest_s]
    if not kept:
        raise InputError(
            f"all {len(durations)} clips are longer than longest_s={cfg.longest_s:g} (the shortest has "
            f"{min(durations.values()):.1f} s); give a higher longest_s, or a corpus with shorter clips"
        )
    if left_out := len(durations) - len(kept):
        remarks.append(f"{left_out:,} clip(s) longer than {cfg.longest_s:g} s are left out (longest_s).")
    return kept
