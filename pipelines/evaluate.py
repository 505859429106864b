"""``python -m pipelines.evaluate``: score a recognizer on a corpus."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import EvaluateConfig


@command("evaluate")
def main(cfg: EvaluateConfig) -> CommandOutcome:
    """Score the recognizer, or the runs of a cross-validation."""
    from pipelines.inference.evaluate_corpus import evaluate
    from pipelines.inference.evaluate_folds import evaluate_folds, find_folds

    folds = find_folds(cfg.model)
    return evaluate_folds(cfg, folds) if folds else evaluate(cfg)


if __name__ == "__main__":
    main()
