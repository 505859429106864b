"""``python -m pipelines.classify``: recognise the label of each clip."""

from pathlib import Path

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import ClassifyConfig


@command("classify", shared_folder=lambda cfg: Path(cfg.output_dir))
def main(cfg: ClassifyConfig) -> CommandOutcome:
    """Classify the input files."""
    from pipelines.inference.recognize_files import classify_files

    return classify_files(cfg)


if __name__ == "__main__":
    main()
