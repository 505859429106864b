"""``python -m pipelines.language_model``: transcripts in, n-grams out."""

from typing import Any

from pipelines.command import Outcome, command


@command("language_model")
def main(cfg: dict[str, Any]) -> Outcome:
    """Make the language model of a command line."""
    from pipelines.language_modeling import make_language_model

    return make_language_model(cfg)


if __name__ == "__main__":
    main()
