"""A recipe's settings of a group do not stand in the way of another choice."""

from pathlib import Path

import pytest

from pipelines.cli.command import CONF_DIR
from pipelines.training.early_checks import check_settings
from pipelines.training.generator_setup import check_generator_settings, is_generator
from recognizers.augment.none import NoAugment
from recognizers.instantiate import instantiate
from tests.pipelines.cli.test_schema import REQUIRED, composed

RECIPES = sorted(path.stem for path in (CONF_DIR / "experiment").glob("*.yaml"))


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_can_be_trained_without_augmentation(recipe: str, tmp_path: Path) -> None:
    cfg = composed(f"experiment={recipe}", "augment=none", *REQUIRED.get(recipe, []), f"corpus.root={tmp_path}")
    assert instantiate(cfg.augment) == NoAugment()
    (check_generator_settings if is_generator(cfg.head) else check_settings)(cfg, tmp_path)


def test_settings_of_the_recipes_own_choice_stay() -> None:
    assert composed("experiment=demo_keywords", "augment=speech").augment["pitch"] == [0.88, 1.14]
    assert composed("experiment=demo_keywords").augment["pitch"] == [0.88, 1.14]


def test_a_setting_that_the_other_choice_lacks_is_kept_to_be_refused() -> None:
    assert composed("experiment=demo_keywords", "augment=none", "augment.pitch=[1,1]").augment == {
        "_target_": "recognizers.augment.none.NoAugment",
        "pitch": [1, 1],
    }


def test_another_corpus_takes_the_place_of_the_recipes_own(tmp_path: Path) -> None:
    cfg = composed("experiment=shrec17", "corpus=demo_signs")
    assert instantiate(cfg.corpus).clips
    assert cfg.encoder["hidden_size"] == 160
