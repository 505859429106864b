"""``python -m pipelines.train``: train a recognizer on a corpus, and report its scores."""

from pathlib import Path

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import TrainConfig


@command("train")
def main(cfg: TrainConfig) -> CommandOutcome:
    """Train a recognizer in its run directory."""
    from hydra.core.hydra_config import HydraConfig

    from pipelines.cli.run_dir import LOG_FILE, log_to_file, remove_if_not_started
    from pipelines.cli.sweep_check import check_sweep

    hydra = HydraConfig.get()
    run_dir = Path(hydra.runtime.output_dir)
    had_log = (run_dir / LOG_FILE).exists()
    try:
        check_sweep(hydra.mode, cfg.trainer, cfg.upload_to)
        from pipelines.training.first_process import is_first_process, part
        from pipelines.training.generator_run import train_generator  # costs seconds, and fails without torch
        from pipelines.training.generator_setup import is_generator
        from pipelines.training.run import train
        from pipelines.training.run_upload import uploaded_run

        work = train_generator if is_generator(cfg.head) else train
        with uploaded_run(cfg, run_dir), log_to_file(run_dir / LOG_FILE, enabled=is_first_process()):
            outcome = work(cfg, run_dir, list(hydra.overrides.task))
        part()
        return outcome
    finally:
        remove_if_not_started(run_dir, had_log)


if __name__ == "__main__":
    main()
