"""The settings of ``language_model``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from data_prep.errors import InputError
from pipelines.cli.setting_checks import SPLITS, check_choice, check_value
from pipelines.cli.text_schema import TextConfig

#: Splits that may choose weights: clips of the test are only ever scored.
TUNE_SPLITS = ("train", "validation")
AUTO = "auto"


@dataclass
class LanguageModelConfig:
    """Settings of ``python -m pipelines.language_model``.

    Attributes:
        transcripts: Text file with one sentence a line, or a manifest (.jsonl), or a list of these. The first should be
            the one most like what will be recognised.
        output: The ARPA file to write.
        order: Longest n-gram of words.
        split: Split of the manifests to use; None for all clips.
        overwrite: Replace `output` if it exists.
        weights: The weights of the mixed models, or "auto" to find them.
        tune: Text file or manifest on which "auto" finds the weights; None to hold out parts of the first text in turn.
        tune_split: Split of a manifest `tune`; None for its validation clips.
        classes: Words that share their statistics: a mapping from the name of each class to its words, or a text file
            with a class a line, its name and then its words; None for no classes.
        class_order: Longest n-gram of classes.
        spelled: Text file of names, which are learned as sequences of letters, or a list of these.
        text: How sentences are spelled before they are counted: as the recognizer's targets are.
    """

    transcripts: Any = MISSING
    output: str = MISSING
    order: int = 3
    split: str | None = None
    overwrite: bool = False
    weights: Any = AUTO
    tune: str | None = None
    tune_split: str | None = None
    classes: Any = None
    class_order: int = 3
    spelled: Any = None
    text: TextConfig = field(default_factory=TextConfig)

    def __post_init__(self) -> None:
        for key in ("transcripts", "spelled"):
            self._check_paths(key)
        self._check_weights()
        check_value("class_order", 1 <= self.class_order <= 5, "from 1 to 5", self.class_order)
        classes_are_valid = self.classes is None or isinstance(self.classes, str | Mapping)
        check_value("classes", classes_are_valid, "{NAME: [WORD,...]} or the name of a file", self.classes)
        if self.split is not None:
            check_choice("split", self.split, SPLITS)
            if not any(path.endswith(".jsonl") for path in paths_of(self.transcripts)):
                raise InputError(
                    f"transcripts={self.transcripts}: only a manifest (.jsonl) has splits; leave split={self.split} out"
                )
        self._check_tune()

    def _check_paths(self, key: str) -> None:
        value = getattr(self, key)
        are_paths = isinstance(value, str | list | tuple | None)
        are_paths = are_paths and all(isinstance(path, str) and path for path in paths_of(value))
        check_value(key, are_paths and (key == "spelled" or bool(paths_of(value))), "a file or a list of files", value)

    def _check_weights(self) -> None:
        expected = "auto, or a list of numbers such as [0.7,0.3]"
        if isinstance(self.weights, list | tuple):
            numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in self.weights)
            check_value("weights", numbers and len(self.weights) > 0, expected, self.weights)
            if self.tune is not None:
                raise InputError("tune finds the weights, but weights are given; leave one of them out")
        else:
            check_value("weights", self.weights == AUTO, expected, self.weights)

    def _check_tune(self) -> None:
        if self.tune_split is None:
            return
        if self.tune_split == "test":
            raise InputError("tune_split=test: weights must not be found on clips that will be scored; give validation")
        check_choice("tune_split", self.tune_split, TUNE_SPLITS)
        if self.tune is None or not self.tune.endswith(".jsonl"):
            raise InputError(f"tune={self.tune}: only a manifest (.jsonl) has splits; leave tune_split out")


def paths_of(value: Any) -> list[str]:
    """Return a setting that is a file, a list of files or None as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
