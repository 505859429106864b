"""``python -m pipelines.ensemble``: make one recognizer of several."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import EnsembleConfig


@command("ensemble")
def main(cfg: EnsembleConfig) -> CommandOutcome:
    """Bundle the recognizers."""
    from pipelines.inference.bundle_ensemble import bundle_ensemble

    return bundle_ensemble(cfg)


if __name__ == "__main__":
    main()
