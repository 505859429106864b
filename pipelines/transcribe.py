"""``python -m pipelines.transcribe``: turn recordings into text."""

from pathlib import Path

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import TranscribeConfig


@command("transcribe", shared_folder=lambda cfg: Path(cfg.output_dir))
def main(cfg: TranscribeConfig) -> CommandOutcome:
    """Transcribe the input files."""
    from pipelines.inference.recognize_files import transcribe_files

    return transcribe_files(cfg)


if __name__ == "__main__":
    main()
