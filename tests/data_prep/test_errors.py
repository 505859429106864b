from collections.abc import Iterable

import pytest

from data_prep.errors import did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("epoch", ["epochs", "batch"], "; did you mean 'epochs'?"),
        ("epochs", iter(["epoch", "seed"]), "; did you mean 'epoch'?"),
        ("epoch", ["seed"], ""),
        ("epoch", [], ""),
    ],
)
def test_the_nearest_known_name_is_suggested(name: str, known: Iterable[str], hint: str) -> None:
    assert did_you_mean(name, known) == hint


def test_a_higher_cutoff_suggests_only_closer_names() -> None:
    assert did_you_mean("spaeker", ["speaker"], cutoff=0.7) == "; did you mean 'speaker'?"
    assert did_you_mean("speech", ["speaker"], cutoff=0.7) == ""
