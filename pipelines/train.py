"""``python -m pipelines.train``: a corpus in, a recognizer, its scores and a report out."""

from pathlib import Path
from typing import Any

from pipelines.command import Outcome, command


@command("train")
def main(cfg: dict[str, Any]) -> Outcome:
    """Train with the config of a command line."""
    from hydra.core.hydra_config import HydraConfig

    from pipelines.training import train

    hydra = HydraConfig.get().runtime
    return train(cfg, Path(hydra.output_dir), hydra.choices["experiment"])


if __name__ == "__main__":
    main()
