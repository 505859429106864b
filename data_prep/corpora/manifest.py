"""A corpus listed in a manifest: JSON lines, a table, or what another tool wrote."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from data_prep.corpora.corpus import no_clips_error
from data_prep.corpora.foreign.sources import read_clips
from data_prep.errors import InputError, did_you_mean
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings
from data_prep.streaming.lazy_manifest import summarize

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ManifestCorpus(SplitSettings):
    """Clips listed in a manifest; each row has ``path``, ``text`` or ``label``, and optionally other fields of `Clip`.

    Attributes:
        root: The manifest, or a folder that holds one; `data_prep.corpora.foreign` lists the formats.
        columns: Names in the manifest of fields of a clip, such as ``{"text": "said"}``, where they are not understood
            by themselves. In files of tiers, the tier that holds the text or the label.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    folds: Folds | None = None

    def clips(self) -> Sequence[Clip]:
        """Return a clip for each row; those of a large manifest are read when they are asked for."""
        columns = {name: str(column) for name, column in (self.columns or {}).items() if column is not None}
        clips = read_clips(self.root, columns)
        if not clips:
            raise no_clips_error(self.root, "a row for each clip")
        summary = summarize(clips)
        names = sorted(summary.extra_names)
        if not summary.has_targets:
            found = f" (the columns {', '.join(map(repr, names))} have no meaning here)" if names else ""
            raise InputError(
                f"corpus.root={self.root}: no row has a text or a label, so there is nothing to learn{found}; add a "
                "column 'text' or 'label', or name yours with corpus.columns.text=COLUMN or corpus.columns.label=COLUMN"
            )
        if not summary.has_media:
            raise InputError(
                f"corpus.root={self.root}: none of the files of its {len(clips)} rows exists; the first is "
                f"{clips[0].path}; correct 'path', which is relative to the manifest's folder"
            )
        _warn_of_misspelt_fields(names)
        return self.assign_splits(clips)


def _warn_of_misspelt_fields(names: Sequence[str]) -> None:
    known = [each.name for each in fields(Clip) if each.name != "extra"]
    for name in names:
        if hint := did_you_mean(name.lower(), known, cutoff=0.7):
            log.warning("the manifest's field %r has no meaning here and is kept as it is%s", name, hint)
