"""What becomes of a recipe's settings of a group when another choice of that group is made on the command line."""

import inspect

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict

from recognizers.instantiate import resolve

#: The groups whose choices a recipe may set.
GROUPS = ("corpus", "features", "augment", "encoder", "head", "decoder")


def drop_settings_of_other_choices(cfg: DictConfig) -> None:
    """Remove what a recipe sets for its own choice of a group, where the command line makes another choice.

    ``experiment=keywords augment=none`` trains without augmentation, although the recipe sets how far the pitch
    varies, which `NoAugment` does not know. A setting that the user gives stays, known or not, so that it is refused
    if it is not known.
    """
    overrides = [override.lstrip("+") for override in HydraConfig.get().overrides.task]
    given = {override.partition("=")[0] for override in overrides}
    for group in GROUPS:
        settings = cfg.get(group)
        if group not in given or not isinstance(settings, DictConfig):
            continue
        known = {"_target_", *inspect.signature(resolve(settings.get("_target_"))).parameters}
        with open_dict(settings):
            for name in set(settings) - known - {key.removeprefix(f"{group}.").split(".")[0] for key in given}:
                del settings[name]
