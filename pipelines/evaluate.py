"""``python -m pipelines.evaluate``: a recognizer and a corpus in, its scores out."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import EvaluateConfig


@command("evaluate")
def main(cfg: EvaluateConfig) -> CommandOutcome:
    """Score the model of a command line."""
    from pipelines.inference.evaluate_corpus import evaluate

    return evaluate(cfg)


if __name__ == "__main__":
    main()
