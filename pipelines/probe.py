"""``python -m pipelines.probe``: measure what a recognizer makes of order and memory."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.probe_schema import ProbeConfig


@command("probe")
def main(cfg: ProbeConfig) -> CommandOutcome:
    """Probe the recognizer."""
    from pipelines.inference.probe_recognizer import probe

    return probe(cfg)


if __name__ == "__main__":
    main()
