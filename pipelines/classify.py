"""``python -m pipelines.classify``: files in, labels out."""

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import ClassifyConfig


@command("classify")
def main(cfg: ClassifyConfig) -> CommandOutcome:
    """Recognise the files of a command line."""
    from pipelines.inference.recognize_files import recognize_files

    return recognize_files(cfg, target="label")


if __name__ == "__main__":
    main()
