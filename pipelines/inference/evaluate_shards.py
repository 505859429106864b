"""The predictions of one shard of an evaluation: written clip by clip, and read as one when all are there."""

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from pipelines.cli.schema import EvaluateConfig
from pipelines.inference.result_lists import RESULTS_NAME, append_line, read_lines, write_lines
from pipelines.inference.settings_key import hash_settings, result_key
from pipelines.scaling.shard import Shard, find_parts
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.scoring import RowPrediction, predict_clips


def evaluation_key(cfg: EvaluateConfig, clips: Iterable[Clip]) -> str:
    """Hash everything that affects predictions, besides the media: the recognizer, the decoder, and what tunes it.

    Args:
        cfg: The settings.
        clips: All clips of the corpus.
    """
    targets = [(clip.id, clip.text, clip.label, clip.split) for clip in clips]
    settings = asdict(cfg)
    return hash_settings(cfg, {name: settings[name] for name in ("runtime", "decoder", "split")} | {"clips": targets})


def read_known(
    folder: Path, key: str, prepared: Prepared, clips: Sequence[Clip]
) -> dict[str, tuple[RowPrediction, str]]:
    """Read the predictions that shards have written, whichever they were.

    Args:
        folder: The output folder.
        key: Key of the evaluation; predictions with another one, or of other media, are left out.
        prepared: The signals of the clips.
        clips: The clips to read predictions of.

    Returns:
        The prediction of each clip that has one, and the line that it was read from, by the id of the clip.
    """
    lines: dict[str, str] = {}
    for _, part in find_parts(folder, RESULTS_NAME):
        lines |= read_lines(part)
    found = {}
    for clip in clips:
        if clip.id in lines and clip.id in prepared.keys:
            with contextlib.suppress(KeyError, TypeError, ValueError):  # damaged
                row = json.loads(lines[clip.id])
                if row["key"] == result_key(prepared.keys[clip.id], key):
                    found[clip.id] = (RowPrediction(str(row["prediction"]), float(row["confidence"])), lines[clip.id])
    return found


def predict_share(
    predictor: ClipPredictor,
    prepared: Prepared,
    clips: Sequence[Clip],
    batch_size: int,
    folder: Path,
    shard: Shard,
    key: str,
) -> None:
    """Predict the clips of a shard that no shard has predicted yet, and append each prediction to the shard's part."""
    known = read_known(folder, key, prepared, clips)
    path = folder / shard.part_name(RESULTS_NAME)
    write_lines(path, [line for _, line in known.values()])
    failed = {failure.id for failure in prepared.failures}
    missing = [clip for clip in clips if clip.id not in known and clip.id not in failed]
    for clip_id, prediction in predict_clips(predictor, prepared, missing, batch_size):
        append_line(path, json.dumps(_row(clip_id, prediction, result_key(prepared.keys[clip_id], key))))


def _row(clip_id: str, prediction: RowPrediction, key: str) -> Mapping[str, Any]:
    return {"id": clip_id, "prediction": prediction.text, "confidence": prediction.confidence, "key": key}
