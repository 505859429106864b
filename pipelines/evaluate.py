"""``python -m pipelines.evaluate``: a recognizer and a corpus in, its scores out."""

from typing import Any

from pipelines.command import Outcome, command


@command("evaluate")
def main(cfg: dict[str, Any]) -> Outcome:
    """Score the model of a command line."""
    from pipelines.evaluation import evaluate

    return evaluate(cfg)


if __name__ == "__main__":
    main()
