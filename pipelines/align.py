"""``python -m pipelines.align``: write when each word, letter or gloss of known texts is said or signed."""

from pipelines.cli.align_schema import AlignConfig
from pipelines.cli.command import CommandOutcome, command


@command("align")
def main(cfg: AlignConfig) -> CommandOutcome:
    """Align the clips."""
    from pipelines.inference.align_corpus import align_corpus

    return align_corpus(cfg)


if __name__ == "__main__":
    main()
