"""Recordings without a text or a label, which a student hears or sees as its teacher does."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip
from data_prep.media import Media
from pipelines.inference.inputs import find_inputs
from recognizers.instantiate import instantiate

log = logging.getLogger(__name__)

#: Prefix of the clips' ids, so that none is that of a clip of the corpus.
PREFIX = "unlabelled/"


def find_unlabelled(given: Any, extractor: FeatureExtractor) -> list[Clip]:
    """Find the recordings that the setting ``distillation.unlabelled`` names, as training clips without targets.

    Args:
        given: Files, folders, globs, manifests, or a list of these; or the specification of a corpus, of which the
            training clips are taken, so that what it holds out stays held out.
        extractor: Tells which files in folders are recordings.

    Raises:
        InputError: There are none, or what is given cannot be read.
    """
    if isinstance(given, Mapping):
        clips = [clip for clip in instantiate(given).clips() if clip.split == "train"]
    else:
        names = [str(name) for name in given] if isinstance(given, list) else str(given)
        inputs, failures = find_inputs(names, extractor.suffixes, setting="distillation.unlabelled")
        for failure in failures:
            raise InputError(f"distillation.unlabelled: {failure.reason}")
        clips = [_clip(each.id, each.media) for each in inputs]
    if not clips:
        raise InputError(f"distillation.unlabelled={given}: it has no training clip; give recordings, or leave it out")
    return [replace(clip, id=f"{PREFIX}{clip.id}", text=None, label=None, split="train") for clip in clips]


def _clip(id: str, media: Media) -> Clip:
    return Clip(
        id,
        media.path,
        media.start_s,
        media.end_s,
        encoding=media.encoding,
        channel=media.channel if isinstance(media.channel, int) else None,
        audio_stream=media.audio_stream,
    )
