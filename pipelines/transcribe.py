"""``python -m pipelines.transcribe``: files in, transcripts out."""

from typing import Any

from pipelines.command import Outcome, command


@command("transcribe")
def main(cfg: dict[str, Any]) -> Outcome:
    """Recognise the files of a command line."""
    from pipelines.recognition import recognize_files

    return recognize_files(cfg, target="text")


if __name__ == "__main__":
    main()
