"""``python -m pipelines.train``: a corpus in, a recognizer, its scores and a report out."""

from pathlib import Path
from typing import Any

from pipelines.command import Outcome, command


@command("train")
def main(cfg: dict[str, Any]) -> Outcome:
    """Train with the config of a command line."""
    from hydra.core.hydra_config import HydraConfig

    from pipelines.folders import remove_if_nothing_came_of_it
    from pipelines.sweeping import check_sweep
    from pipelines.training import train

    hydra = HydraConfig.get()
    run_dir = Path(hydra.runtime.output_dir)
    try:
        check_sweep(hydra.mode, cfg["trainer"])
        return train(cfg, run_dir, list(hydra.overrides.task))
    finally:
        remove_if_nothing_came_of_it(run_dir)


if __name__ == "__main__":
    main()
