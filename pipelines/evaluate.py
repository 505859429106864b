"""``python -m pipelines.evaluate``: score a recognizer on a corpus."""

from pathlib import Path

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import EvaluateConfig


def _folder(cfg: EvaluateConfig) -> Path:
    from pipelines.inference.evaluation_folder import evaluation_folder

    return evaluation_folder(cfg)


@command("evaluate", shared_folder=_folder)
def main(cfg: EvaluateConfig) -> CommandOutcome:
    """Score the recognizer, or the runs of a cross-validation."""
    from hydra.core.hydra_config import HydraConfig

    from pipelines.inference.evaluate_corpus import evaluate
    from pipelines.inference.evaluate_folds import evaluate_folds, find_folds

    folds = [] if cfg.model is None or cfg.models is not None else find_folds(cfg.model)
    overrides = list(HydraConfig.get().overrides.task)
    return evaluate_folds(cfg, folds, overrides) if folds else evaluate(cfg, overrides)


if __name__ == "__main__":
    main()
