"""Commands that a user may want to run after a training, printed so that they can be copied."""

import logging
import shlex
from collections.abc import Sequence
from pathlib import Path

from recognizers.interpreter import Interpreter

log = logging.getLogger(__name__)

#: For each target: the corpus that reads a user's own recordings, and what their folder holds.
OWN_CORPUS = {
    "text": ("manifest", 'manifest.jsonl with lines such as {"path": "a.wav", "text": "what is said"}'),
    "label": ("folder", "one folder per class"),
}
#: Settings that apply to the finished run only.
NOT_REPEATED = ("corpus", "hydra.", "name=", "resume=", "seed=")


def log_next_commands(interpreter: Interpreter, overrides: Sequence[str], run_dir: Path) -> None:
    """Log how to use the recognizer, and how to train the same one on other recordings.

    Args:
        interpreter: Interpreter of the recognizer, which knows its task.
        overrides: Settings given on the command line; those that fit other recordings are repeated.
        run_dir: Directory of the finished run.
    """
    corpus, folder_content = OWN_CORPUS[interpreter.target]
    repeated = [setting.removeprefix("++") for setting in overrides if not setting.startswith(NOT_REPEATED)]
    log.info(
        "\nRecognise files of your own:\n"
        "  python -m pipelines.%s model=%s inputs=FILE_OR_FOLDER output_dir=out\n"
        "Train on your own recordings (FOLDER holds %s):\n"
        "  python -m pipelines.train %s",
        interpreter.task,
        shlex.quote(str(run_dir)),
        folder_content,
        shlex.join([*repeated, f"corpus={corpus}", "corpus.root=FOLDER"]),
    )
