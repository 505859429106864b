"""The training run of a generator: the steps of `run.train`, for a network that draws clips instead of recognising."""

import logging
import shlex
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from data_prep.atomic import write_json
from data_prep.manifest import SPLITS
from data_prep.splits import split_fingerprints
from pipelines.cli.command import CommandOutcome
from pipelines.cli.run_dir import check_unused
from pipelines.cli.schema import TrainConfig
from pipelines.training.checkpoints import best_checkpoint
from pipelines.training.epochs import choose_epochs
from pipelines.training.first_process import is_first_process
from pipelines.training.generator_setup import (
    GeneratorSetup,
    adopt_generator_settings,
    check_generator_settings,
    make_generator_data,
    make_generator_module,
    set_up_generator,
)
from pipelines.training.lr_finder import suggest_learning_rate
from pipelines.training.model_summary import show_model_summary
from pipelines.training.resume import (
    ResumedRun,
    check_settings_unchanged,
    find_resumed,
    log_if_finished,
    remove_older_checkpoints,
)
from pipelines.training.run import REPORTED_IN_BUNDLE, configure_process, record_start
from pipelines.training.run_report import report_training
from pipelines.training.setup import read_clips
from pipelines.training.trainer import build_trainer, fit
from recognizers.batch import Batch
from recognizers.bundle.generator import save_generator
from recognizers.head.generation import Generation
from recognizers.training.datamodule import ClipData, ClipDataset
from recognizers.training.generator_module import SequenceGenerator

log = logging.getLogger(__name__)


def train_generator(cfg: TrainConfig, run_dir: Path, overrides: Sequence[str]) -> CommandOutcome:
    """Prepare what is missing, train, measure the likelihood of the test clips, write the bundle and the report.

    Args:
        cfg: The settings.
        run_dir: Directory of the run.
        overrides: Settings given on the command line.

    Raises:
        InputError: The settings, the corpus or the run directory cannot be used.
    """
    resumed = find_resumed(cfg.resume, run_dir)
    if is_first_process() and resumed is None:
        check_unused(run_dir)
    configure_process(cfg)
    cfg = adopt_generator_settings(cfg)
    if resumed is not None:
        cfg = resumed.keep_choices(cfg)
    num_processes = check_generator_settings(cfg, run_dir)
    if cfg.check:
        return _dry_run(cfg)
    setup = set_up_generator(cfg)
    if resumed is None and cfg.find is None:
        cfg = choose_epochs(cfg, setup.clips, num_processes)
    data = make_generator_data(cfg, setup)
    module = make_generator_module(cfg, setup, data)
    if cfg.find is not None:
        return CommandOutcome({f"optimizer.{cfg.find}": suggest_learning_rate(cfg.trainer, run_dir, module, data)})
    return _fit_and_test(cfg, run_dir, setup, data, module, resumed)


def _fit_and_test(
    cfg: TrainConfig,
    run_dir: Path,
    setup: GeneratorSetup,
    data: ClipData,
    module: SequenceGenerator,
    resumed: ResumedRun | None,
) -> CommandOutcome:
    settings = {"config": asdict(cfg), "split_fingerprints": split_fingerprints(setup.clips)}
    if resumed is not None:
        check_settings_unchanged(run_dir, settings)
        if is_first_process():
            log_if_finished(run_dir, cfg.trainer.get("max_epochs"))
    trainer = build_trainer(cfg, run_dir, has_validation=len(data.validation) > 0)
    if is_first_process():
        record_start(run_dir, settings, setup.prepared.clips, setup.failures)
        show_model_summary(module)
    started = time.monotonic()
    fit(trainer, module, data, None if resumed is None else resumed.checkpoint)
    if not trainer.is_global_zero:
        return CommandOutcome({})

    remove_older_checkpoints(run_dir, cfg.keep_checkpoints)
    best = best_checkpoint(trainer)
    load_network(best.path, setup.network)
    report = report_training(cfg, setup, trainer, best, train_s=time.monotonic() - started)
    scores = _test_scores(setup, cfg.batch_size)
    training = {name: report[name] for name in REPORTED_IN_BUNDLE if name in report} | {"seed": cfg.seed}
    save_generator(run_dir / "bundle", replace(setup.spec, training=training, metrics=scores), setup.network)
    write_json(run_dir / "report.json", report | {"metrics": scores})
    _log_next_command(setup, run_dir)
    result = {"run_dir": str(run_dir), **scores, "failed": len(setup.failures)}
    return CommandOutcome(result, len(setup.failures), objective=best.selection)


def load_network(checkpoint: Path, network: Generation) -> None:
    """Load the weights of a training checkpoint, and switch to drawing."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    network.load_state_dict({name.removeprefix("network."): value for name, value in state.items()})
    network.cpu().eval()


@torch.no_grad()
def mean_loss(network: Generation, clips: ClipDataset, batch_size: int) -> float:
    """Return the negative log-likelihood per frame in nats, averaged over clips."""
    losses = []
    for start in range(0, len(clips), batch_size):
        indices = range(start, min(start + batch_size, len(clips)))
        batch = Batch.from_examples([example for index in indices for example in clips[(0, index, 0)]])
        losses += network.losses(batch.frames, batch.frame_lengths, batch.targets, batch.target_lengths).tolist()
    return float(np.mean(losses))


def _test_scores(setup: GeneratorSetup, batch_size: int) -> dict[str, float]:
    clips = [entry for entry in setup.targets if entry.clip.split == "test"]
    if not clips:
        log.warning("the corpus has no test clips, so how likely the clips of unseen signers are is unknown")
        return {}
    dataset = ClipDataset(clips, setup.prepared, setup.extractor)
    return {"test/loss": round(mean_loss(setup.network, dataset, batch_size), 4)}


def _dry_run(cfg: TrainConfig) -> CommandOutcome:
    clips, _ = read_clips(cfg)
    counts = Counter(clip.split for clip in clips)
    log.info("the settings are fine")
    return CommandOutcome({"check": "ok", "clips": {split: counts[split] for split in SPLITS}})


def _log_next_command(setup: GeneratorSetup, run_dir: Path) -> None:
    vocabulary = setup.spec.vocabulary
    what = f"label={shlex.quote(vocabulary.symbols[0])}" if vocabulary.unit == "label" else "text='WHAT TO SIGN'"
    log.info(
        "\nDraw clips:\n  python -m pipelines.generate model=%s %s output=out count=3 seed=0",
        shlex.quote(str(run_dir)),
        what,
    )
