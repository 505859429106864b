"""``python -m pipelines.generate``: draw clips of moving hands for labels or a text."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.generate_schema import GenerateConfig


@command("generate")
def main(cfg: GenerateConfig) -> CommandOutcome:
    """Draw clips."""
    from pipelines.inference.generate_clips import generate

    return generate(cfg)


if __name__ == "__main__":
    main()
