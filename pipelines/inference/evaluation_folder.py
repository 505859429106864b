"""Where the scores of an evaluation go."""

import os
from pathlib import Path

from pipelines.cli.schema import EvaluateConfig
from pipelines.inference.chosen_models import chosen_models
from recognizers.pretrained import folder_for_results


def evaluation_folder(cfg: EvaluateConfig) -> Path:
    """Return the output folder that the settings name, or the one beside the recognizers.

    Raises:
        InputError: The settings name no recognizer, or several in two ways.
    """
    models = chosen_models(cfg)
    if cfg.output_dir is not None:
        return Path(cfg.output_dir)
    name = output_name(cfg, cfg.corpus_name or "own")
    if len(models) == 1:
        return folder_for_results(models[0]) / "evaluations" / name
    parents = [folder_for_results(model).absolute().parent for model in models]
    return Path(os.path.commonpath(parents), "evaluations", f"ensemble_{name}")


def output_name(cfg: EvaluateConfig, corpus: str) -> str:
    """Return the name of the folder of an evaluation among the others."""
    return "_".join(filter(None, (corpus, cfg.split, cfg.decoder_name)))
