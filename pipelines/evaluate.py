"""``python -m pipelines.evaluate``: score a recognizer on a corpus."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import EvaluateConfig


@command("evaluate")
def main(cfg: EvaluateConfig) -> CommandOutcome:
    """Score the recognizer."""
    from pipelines.inference.evaluate_corpus import evaluate

    return evaluate(cfg)


if __name__ == "__main__":
    main()
