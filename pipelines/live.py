"""``python -m pipelines.live``: recognise what a microphone or a camera takes."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import LiveConfig


@command("live")
def main(cfg: LiveConfig) -> CommandOutcome:
    """Recognise until the source ends."""
    from pipelines.streaming.live import recognize_live

    return recognize_live(cfg)


if __name__ == "__main__":
    main()
