"""Clips of other corpora that are trained on as well."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data_prep.errors import InputError
from data_prep.manifest import Clip
from recognizers.instantiate import instantiate

log = logging.getLogger(__name__)

#: In the row of such a clip, the name of its corpus. Language models are not made of these: what was said there, and
#: perhaps in no order anybody would say it in, is not the language of the corpus that is recognised.
FIELD = "further_training"


def further_training(corpora: Mapping[str, Any]) -> list[Clip]:
    """The training clips of each corpus; those it holds out are left out here, too.

    Args:
        corpora: Specifications by name, as below `further_training` in conf/experiment/fsdd.yaml. The name stands
            before the clips' ids, which so differ from those of the corpus that is recognised.

    Raises:
        InputError: An entry is no specification, or a corpus cannot be read.
    """
    clips = []
    for name, spec in corpora.items():
        if not isinstance(spec, Mapping):
            raise InputError(f"further_training.{name}: expected a corpus (_target_, root, …); found {spec!r}")
        found = [clip for clip in instantiate(spec).clips() if clip.split == "train"]
        log.info("also trained on: %d clips of %s", len(found), name)
        clips += [replace(clip, id=f"{name}/{clip.id}", extra=clip.extra | {FIELD: name}) for clip in found]
    return clips
