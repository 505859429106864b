"""``python -m pipelines.language_model``: build an n-gram language model of transcripts."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.language_model_schema import LanguageModelConfig


@command("language_model")
def main(cfg: LanguageModelConfig) -> CommandOutcome:
    """Build a language model."""
    from pipelines.training.ngram_lm import build_language_model

    return build_language_model(cfg)


if __name__ == "__main__":
    main()
