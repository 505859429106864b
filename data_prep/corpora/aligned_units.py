"""The words, letters or glosses of another corpus as clips of their own, from the manifest that `align` writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings


@dataclass(frozen=True)
class AlignedUnits(SplitSettings):
    """Clips of single units, as ``python -m pipelines.align formats=units`` writes them.

    Attributes:
        root: The manifest, ``units.jsonl``.
        units: The units to take: a list, or a mapping to their names here, such as ``{ZERO: "0"}``; empty for all.
    """

    root: str
    units: Mapping[str, str] | Sequence[str] = field(default_factory=tuple)
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None

    def clips(self) -> Sequence[Clip]:
        """Return a clip for each unit that is wanted, with its name as text and as label."""
        # All units are split, so that the same speakers are held out whatever the units.
        shares = (self.validation_share, self.test_share, self.fold)
        clips = ManifestCorpus(self.root, *shares, folds=self.folds).clips()
        names = self._names()
        if names:
            found = {str(clip.label) for clip in clips}
            clips = [
                replace(clip, text=names[clip.label], label=names[clip.label]) for clip in clips if clip.label in names
            ]
            if not clips:
                examples = ", ".join(sorted(found)[:8])
                raise InputError(
                    f"{self.root}: none of its units, such as {examples}, is one of {', '.join(names)}; check the "
                    "spelling (upper and lower case), and that the manifest is of the right corpus"
                )
        return clips

    def _names(self) -> dict[str, str]:
        if isinstance(self.units, Mapping):
            return {str(unit): str(name) for unit, name in self.units.items()}
        return {str(unit): str(unit) for unit in self.units}
