"""``python -m pipelines.compare RUN RUN …``: put the scores of recognizers on the same clips side by side."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.compare_schema import CompareConfig


@command("compare", positional="models")
def main(cfg: CompareConfig) -> CommandOutcome:
    """Compare the runs with the first one."""
    from pipelines.inference.compare_runs import compare

    return compare(cfg)


if __name__ == "__main__":
    main()
