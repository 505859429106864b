"""``python -m pipelines.prepare``: store the signals of a corpus, and report on its content."""

from pathlib import Path

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import PrepareConfig


@command("prepare", shared_folder=lambda cfg: Path(cfg.output_dir))
def main(cfg: PrepareConfig) -> CommandOutcome:
    """Prepare the corpus."""
    from pipelines.corpora.prepare_corpus import prepare_corpus

    return prepare_corpus(cfg, Path(cfg.output_dir))


if __name__ == "__main__":
    main()
