"""What `pipelines.probe` measures, section by section."""

import logging
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from pipelines.cli.probe_schema import ProbeConfig
from pipelines.inference.probe_clips import ProbeClips, read_frames_to_remember
from pipelines.reporting.forgetting_section import forgetting_section
from pipelines.reporting.probe_sections import Section, gates_section, not_applicable, order_section, reach_section
from recognizers.bundle.weights import Bundle
from recognizers.encoder.bilstm import BiLstm
from recognizers.error_rate import count_errors
from recognizers.probe.boundaries import find_boundaries
from recognizers.probe.context import Context, measure_last_frames, measure_windows
from recognizers.probe.forgetting import measure_forgetting
from recognizers.probe.gates import ProbedClip, check_layer, measure_gates
from recognizers.probe.layer_trace import Direction
from recognizers.probe.memory_tasks import PauseTask
from recognizers.probe.order import measure_order
from recognizers.probe.reach import measure_reach

log = logging.getLogger(__name__)

#: Clips on which gradients are measured, texts are recognised from windows, and units are sorted, at most.
REACH_CLIPS, WINDOW_CLIPS, GATES_CLIPS = 64, 100, 41
SINGLE_FRAMES = "Each clip is a single frame, as a photo is, so there is nothing before or after it to remember."


def measure_sections(cfg: ProbeConfig, bundle: Bundle, clips: ProbeClips) -> list[Section]:
    """Measure all sections.

    Raises:
        InputError: The encoder has no such layer or direction; found before anything is measured.
    """
    if isinstance(bundle.encoder, BiLstm):
        check_layer(bundle.encoder, _layer(cfg, bundle.encoder), _direction(cfg))
    if max(len(frames.values) for frames in clips.frames) == 1:
        return [not_applicable(name, SINGLE_FRAMES) for name in ("order", "reach", "gates")]
    sections = [_order(cfg, clips), _reach(cfg, bundle, clips)]
    if cfg.cells:
        sections.append(_forgetting(cfg, bundle, clips))
    return [*sections, _gates(cfg, bundle, clips)]


def _order(cfg: ProbeConfig, clips: ProbeClips) -> Section:
    log.info("order: scoring %d clips in other orders", len(clips.clips))
    order = measure_order(clips.predictor, clips.frames, clips.references, cfg.batch_size, cfg.seed)
    return order_section(order, _features_of_several_frames(clips.predictor.extractor))


def _reach(cfg: ProbeConfig, bundle: Bundle, clips: ProbeClips) -> Section:
    log.info("reach: gradients, and scores with less context")
    chosen = _sample(len(clips.clips), REACH_CLIPS, cfg.seed)
    reach = measure_reach(bundle.encoder, [clips.frames[index] for index in chosen], cfg.seed)
    return reach_section(reach, _contexts(cfg, clips))


def _contexts(cfg: ProbeConfig, clips: ProbeClips) -> list[Context]:
    if clips.predictor.interpreter.target == "label":
        given = (clips.predictor, clips.frames, clips.references)
        return [measure_last_frames(*given, kind, cfg.batch_size, cfg.seed) for kind in ("last", "first")]
    chosen = _sample(len(clips.clips), WINDOW_CLIPS, cfg.seed)
    frames = [clips.frames[index] for index in chosen]
    references = [clips.references[index] for index in chosen]
    return [measure_windows(clips.predictor, frames, references, cfg.batch_size, cfg.seed)]


def _forgetting(cfg: ProbeConfig, bundle: Bundle, clips: ProbeClips) -> Section:
    log.info("forgetting: training %s; this takes minutes, and cells=[] leaves it out", ", ".join(cfg.cells))
    what = "label" if clips.predictor.interpreter.target == "label" else "last word"
    own = read_frames_to_remember(cfg, Path(cfg.model), bundle)
    try:
        PauseTask(own, cfg.seed)
    except InputError as error:
        return forgetting_section(measure_forgetting(cfg.cells, seed=cfg.seed), what, str(error))
    return forgetting_section(measure_forgetting(cfg.cells, clips=own, seed=cfg.seed), what, None)


def _gates(cfg: ProbeConfig, bundle: Bundle, clips: ProbeClips) -> Section:
    if not isinstance(bundle.encoder, BiLstm):
        return not_applicable("gates", f"The encoder {type(bundle.encoder).__name__} has no recurrent layers.")
    log.info("gates: tracing layer %d", _layer(cfg, bundle.encoder))
    chosen = _sample(len(clips.clips), GATES_CLIPS, cfg.seed)
    if cfg.clip is not None:
        asked = [clip.id for clip in clips.clips].index(cfg.clip)
        chosen = [asked, *(index for index in chosen if index != asked)]
    probed = [
        ProbedClip(
            clips.clips[index].id,
            clips.frames[index],
            find_boundaries(
                clips.predictor,
                clips.prepared.signal(clips.clips[index]),
                clips.frames[index],
                clips.references[index],
            ),
        )
        for index in chosen
    ]
    shown = 0 if cfg.clip is not None else _typical(clips, chosen, probed)
    others = probed[:shown] + probed[shown + 1 :]
    gates = measure_gates(bundle.encoder, probed[shown], others, _layer(cfg, bundle.encoder), _direction(cfg))
    return gates_section(gates, clips.prepared.signal(clips.clips[chosen[shown]]))


def _typical(clips: ProbeClips, chosen: Sequence[int], probed: Sequence[ProbedClip]) -> int:
    """Find the clip with boundaries inside, the fewest errors, and a length nearest to the median."""
    lengths = np.array([len(each.frames.values) for each in probed])
    predictions = clips.predictor.predict([each.frames for each in probed], 8)
    counted = next(iter(clips.predictor.interpreter.error_rates.values())).counted
    errors = [
        count_errors(prediction.text, clips.references[index], counted)[0]
        for prediction, index in zip(predictions, chosen, strict=True)
    ]
    far = np.abs(lengths - np.median(lengths))
    return min(range(len(probed)), key=lambda each: (not probed[each].boundaries.times_s, errors[each], far[each]))


def _features_of_several_frames(extractor: FeatureExtractor) -> str:
    """Say what the extractor computes from neighbouring frames, which reordering does not undo."""
    settings = {"deltas": "deltas", "velocity": "velocities"}
    found = [name for setting, name in settings.items() if getattr(extractor, setting, False)]
    if not found:
        return "these hold no deltas or velocities, which would tell the original order."
    return f"their {' and '.join(found)} still tell the original order of neighbouring frames."


def _sample(total: int, most: int, seed: int) -> list[int]:
    """Draw indices at random if there are too many."""
    return sorted(random.Random(seed).sample(range(total), most)) if total > most else list(range(total))


def _layer(cfg: ProbeConfig, encoder: BiLstm) -> int:
    return cfg.layer or len(encoder.layers)


def _direction(cfg: ProbeConfig) -> Direction:
    return "backward" if cfg.direction == "backward" else "forward"
