"""``python -m pipelines.language_model``: transcripts in, n-grams out."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import LanguageModelConfig


@command("language_model")
def main(cfg: LanguageModelConfig) -> CommandOutcome:
    """Make the language model of a command line."""
    from pipelines.training.ngram_lm import make_language_model

    return make_language_model(cfg)


if __name__ == "__main__":
    main()
