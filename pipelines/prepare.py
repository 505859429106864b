"""``python -m pipelines.prepare``: a corpus in, a manifest and stored signals out."""

from pathlib import Path
from typing import Any

from pipelines.command import Outcome, command


@command("prepare")
def main(cfg: dict[str, Any]) -> Outcome:
    """Prepare the corpus of a command line."""
    from pipelines.preparation import prepare_corpus

    return prepare_corpus(cfg, Path(cfg["output_dir"]))


if __name__ == "__main__":
    main()
