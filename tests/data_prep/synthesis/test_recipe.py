from dataclasses import dataclass
from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.synthesis.recipe import check_minimum, counts_by_split, make_missing


@dataclass(frozen=True)
class Settings:
    train_voices: int = 3
    validation_voices: int = 2
    test_voices: int = 1


def write_text(job: tuple[Path, str]) -> None:
    job[0].write_text(job[1])


def test_existing_files_are_kept_and_other_settings_are_an_error(tmp_path: Path) -> None:
    def make(seed: int) -> None:
        make_missing(tmp_path, {"seed": seed}, [(tmp_path / "a" / "b", "text")], write_text, 0, "making")

    make(1)
    (tmp_path / "a" / "b").write_text("kept")
    make(1)
    assert (tmp_path / "a" / "b").read_text() == "kept"
    with pytest.raises(InputError, match=r"seed 1 \(now 2\).*corpus.root"):
        make(2)
    (tmp_path / "recipe.json").write_text("[]")
    with pytest.raises(InputError, match="not a recipe"):
        make(1)


def test_counts_are_collected_by_split() -> None:
    assert counts_by_split(Settings(), "voices") == {"train": 3, "validation": 2, "test": 1}


def test_error_for_a_setting_that_is_too_small() -> None:
    check_minimum(Settings(), 1, "train_voices", "test_voices")
    with pytest.raises(InputError, match=r"corpus\.test_voices is 1, expected 2 or more"):
        check_minimum(Settings(), 2, "train_voices", "test_voices")
