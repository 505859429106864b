"""Extra corpora, whose training clips are added to those of the corpus to recognise."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data_prep.manifest import EXTRA_CORPUS, Clip
from recognizers.instantiate import instantiate

log = logging.getLogger(__name__)

#: The field `EXTRA_CORPUS` in manifests written before version 0.2.
FORMER_FIELD = "further_training"


def extra_clips(corpora: Mapping[str, Any]) -> list[Clip]:
    """Return the training clips of extra corpora; clips that those corpora hold out stay held out.

    Args:
        corpora: Specifications by name, as in conf/experiment/fsdd.yaml. The name becomes a prefix of the clips' ids,
            so that no id occurs in two corpora.

    Raises:
        InputError: A corpus cannot be read.
    """
    clips = []
    for name, spec in corpora.items():
        training = [clip for clip in instantiate(spec).clips() if clip.split == "train"]
        log.info("extra training clips of %s: %d", name, len(training))
        clips += [replace(clip, id=f"{name}/{clip.id}", extra=clip.extra | {EXTRA_CORPUS: name}) for clip in training]
    return clips


def is_extra(row: Mapping[str, Any]) -> bool:
    """Tell whether a clip's extra fields, or its manifest row, say that it comes from an extra corpus.

    Language models leave these clips out: their texts are not the language of the corpus that is recognised.
    """
    return EXTRA_CORPUS in row or FORMER_FIELD in row
