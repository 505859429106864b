"""The settings of ``generate``."""

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from pipelines.cli.setting_checks import check_choice, check_minimums, check_value

CLIP_FORMATS = ("npz", "pose", "mp4")


@dataclass
class GenerateConfig:
    """Settings of ``python -m pipelines.generate``.

    Attributes:
        model: Run directory or bundle of a generator.
        output: Folder of the clips, which must be new or empty.
        label: The label to draw, or a list of labels; None for every label of the generator.
        text: The text to draw, for a generator of texts.
        count: Number of clips of each label, or of the text.
        seed: Seed of the draws; equal ones give equal clips.
        temperature: Factor of the deviations that are drawn in each frame; the lower, the smoother are the clips, which
            differ by their styles even with 0.
        max_s: Longest clip in seconds.
        frame_rate_hz: Frames per second of the clips; those of the generator are interpolated.
        formats: Files to write for each clip: "npz", "pose" and "mp4"; None for all of them, without "pose" if the
            package pose-format is not installed.
    """

    model: str = MISSING
    output: str = MISSING
    label: Any = None
    text: str | None = None
    count: int = 1
    seed: int = 0
    temperature: float = 0.5
    max_s: float = 10.0
    frame_rate_hz: float = 30.0
    formats: list[str] | None = None

    def __post_init__(self) -> None:
        check_minimums(self, count=1, seed=0)
        check_value("temperature", 0 <= self.temperature <= 10, "from 0 to 10", self.temperature)
        check_value("frame_rate_hz", 1 <= self.frame_rate_hz <= 120, "from 1 to 120", self.frame_rate_hz)
        check_value("max_s", 0 < self.max_s <= 3600, "above 0 and at most 3600", self.max_s)
        if self.formats is not None:
            check_value("formats", bool(self.formats), f"one or more of {', '.join(CLIP_FORMATS)}", self.formats)
            for name in self.formats:
                check_choice("formats", name, CLIP_FORMATS)
