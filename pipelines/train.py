"""``python -m pipelines.train``: a corpus in, a recognizer, its scores and a report out."""

from pathlib import Path

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import TrainConfig


@command("train")
def main(cfg: TrainConfig) -> CommandOutcome:
    """Train with the config of a command line."""
    from hydra.core.hydra_config import HydraConfig

    from pipelines.cli.run_dir import remove_if_nothing_came_of_it
    from pipelines.cli.sweep_check import check_sweep

    hydra = HydraConfig.get()
    run_dir = Path(hydra.runtime.output_dir)
    try:
        check_sweep(hydra.mode, cfg.trainer)
        from pipelines.training.run import train

        return train(cfg, run_dir, list(hydra.overrides.task))
    finally:
        remove_if_nothing_came_of_it(run_dir)


if __name__ == "__main__":
    main()
