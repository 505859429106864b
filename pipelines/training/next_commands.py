"""Commands that a user may want to run after a training, printed so that they can be copied."""

import logging
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

log = logging.getLogger(__name__)

#: For each target: the command that recognises it, the corpus that reads a user's own recordings, and what their
#: folder holds.
OF_TARGET = {
    "text": ("transcribe", "manifest", 'manifest.jsonl with lines such as {"path": "a.wav", "text": "what is said"}'),
    "label": ("classify", "folder", "one folder per class"),
}
#: The corpus that reads series of numbers, whatever they are labelled with.
ARRAYS = "data_prep.corpora.arrays.ArraysCorpus"
#: Corpora that hold a user's own recordings.
OWN_CORPORA = ("data_prep.corpora.manifest.ManifestCorpus", "data_prep.corpora.folder.FolderCorpus", ARRAYS)
#: Settings that apply to the finished run only.
NOT_REPEATED = ("corpus", "hydra.", "name=", "resume=", "seed=")


def log_next_commands(
    corpus: Mapping[str, Any], target: Literal["text", "label"], overrides: Sequence[str], run_dir: Path
) -> None:
    """Log how to use the recognizer, and how to train the same one on the user's own recordings or for longer.

    Args:
        corpus: Specification of the corpus it was trained on.
        target: What the recognizer predicts.
        overrides: Settings given on the command line; those that fit other recordings are repeated.
        run_dir: Directory of the finished run.
    """
    run = shlex.quote(str(run_dir))
    task, corpus_name, folder_content = OF_TARGET[target]
    if corpus.get("_target_") == ARRAYS:
        corpus_name = "arrays"
    is_own = corpus.get("_target_") in OWN_CORPORA
    log.info(
        "\nRecognise files of your own:\n"
        "  python -m pipelines.%s model=%s inputs=FILE_OR_FOLDER output_dir=out\n"
        "Train on %s recordings (FOLDER holds %s):\n"
        "  python -m pipelines.train %s",
        task,
        run,
        "other" if is_own else "your own",
        folder_content,
        shlex.join([*_without(overrides, *NOT_REPEATED), f"corpus={corpus_name}", "corpus.root=FOLDER"]),
    )
    if is_own:
        log.info(
            "Train this recognizer for longer:\n  python -m pipelines.train %s resume=%s trainer.max_epochs=EPOCHS",
            shlex.join(_without(overrides, "hydra.", "resume=", "trainer.max_epochs=")),
            run,
        )


def _without(overrides: Sequence[str], *prefixes: str) -> list[str]:
    settings = (setting.removeprefix("++") for setting in overrides)
    return [setting for setting in settings if not setting.startswith(prefixes)]
