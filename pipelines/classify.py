"""``python -m pipelines.classify``: files in, labels out."""

from typing import Any

from pipelines.command import Outcome, command


@command("classify")
def main(cfg: dict[str, Any]) -> Outcome:
    """Recognise the files of a command line."""
    from pipelines.recognition import recognize_files

    return recognize_files(cfg, target="label")


if __name__ == "__main__":
    main()
