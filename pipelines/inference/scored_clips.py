"""What an evaluation needs before anything is scored: the clips, their signals, and the recognizer with its decoder."""

import logging
from dataclasses import dataclass
from pathlib import Path

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.prepare import Prepared, prepare, prepare_part
from pipelines.cli.schema import EvaluateConfig
from pipelines.inference.decoder_setup import complete_decoder, with_chosen_decoder
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.training.targets import target_of
from recognizers.vocabulary import split_target

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ready:
    """A recognizer with its decoder complete, and the signals of clips."""

    predictor: ClipPredictor
    prepared: Prepared


def get_ready(cfg: EvaluateConfig, predictor: ClipPredictor, all_clips: list[Clip], own: list[Clip] | None) -> Ready:
    """Prepare clips, and give the recognizer the decoder of the settings, whose weights are tuned if necessary.

    Args:
        cfg: The settings.
        predictor: The recognizer, with its own decoder.
        all_clips: The clips of the corpus.
        own: The clips to prepare, of which all may fail; None for those of the split.

    Raises:
        InputError: The corpus has no such clips, or the recognizer knows none of their labels.
    """
    clips = select_split(all_clips, cfg.split)
    check_targets(predictor, clips)
    if cfg.decoder:
        predictor = with_chosen_decoder(predictor, cfg.decoder, can_tune=True)
    decoder = predictor.interpreter.decoder
    # Weights that are not set are tuned on validation clips, unless these are what is scored.
    can_tune = not decoder.is_complete and cfg.split in ("train", "test")
    tuning_clips = [clip for clip in all_clips if can_tune and clip.split == "validation"]
    work = prepare if own is None else prepare_part
    wanted = [*(clips if own is None else own), *tuning_clips]
    prepared = work(wanted, predictor.extractor, Path(cfg.store_dir), cfg.num_workers)
    decoder = complete_decoder(decoder, predictor, prepared, tuning_clips, cfg.batch_size)
    return Ready(predictor.with_decoder(decoder), prepared)


def select_split(clips: list[Clip], split: str) -> list[Clip]:
    """Return the clips of a split, or all clips.

    Raises:
        InputError: There are none.
    """
    selected = [clip for clip in clips if split in ("all", clip.split)]
    if not selected:
        found = sorted({str(clip.split) for clip in clips})
        raise InputError(
            f"split={split}: the corpus has no such clips; give one of its splits ({', '.join(found)}), or split=all"
        )
    return selected


def check_targets(predictor: ClipPredictor, clips: list[Clip]) -> None:
    """Warn about symbols that the recognizer cannot emit.

    Raises:
        InputError: The recognizer knows none of the corpus's labels.
    """
    vocabulary = predictor.interpreter.vocabulary
    targets = {target_of(clip, vocabulary.unit, vocabulary.normalize) for clip in clips}
    symbols = {symbol for target in targets for symbol in split_target(target, vocabulary.unit, vocabulary.normalize)}
    unknown = symbols.difference(vocabulary.symbols)
    if not unknown:
        return
    examples = ", ".join(map(repr, sorted(unknown)[:8]))
    if vocabulary.unit == "label" and targets.isdisjoint(vocabulary.symbols):
        raise InputError(
            f"the recognizer knows none of the corpus's labels ({examples}); it knows "
            f"{', '.join(vocabulary.symbols[:8])}; give the corpus it was trained on, or one with the same labels"
        )
    log.warning(
        "the corpus has %d %s(s) that the recognizer cannot emit, which count as errors: %s; check that both use the "
        "same spelling (upper and lower case)",
        len(unknown),
        vocabulary.unit,
        examples,
    )
