"""``python -m pipelines.transcribe``: turn recordings into text."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import TranscribeConfig


@command("transcribe")
def main(cfg: TranscribeConfig) -> CommandOutcome:
    """Transcribe the input files."""
    from pipelines.inference.recognize_files import recognize_files

    return recognize_files(cfg, target="text")


if __name__ == "__main__":
    main()
