"""The settings of texts, a part of those of the commands that read targets."""

from dataclasses import dataclass, field

from data_prep.text_rules import DEFAULT_RULES, check_rules


@dataclass
class TextConfig:
    """How texts and labels are spelled before they are learned or counted.

    Attributes:
        normalize: Names of the rules that make spellings alike; see `data_prep.text_rules`.
    """

    normalize: list[str] = field(default_factory=lambda: list(DEFAULT_RULES))

    def __post_init__(self) -> None:
        check_rules(self.normalize)
