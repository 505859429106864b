"""What a training or an evaluation left of its scored clips, read again to be compared."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.json_rows import read_json_rows
from data_prep.operating_system import expand_home
from recognizers.error_rate import ErrorRate
from recognizers.interpreter import LabelInterpreter, TextInterpreter

#: Where the rows of a run directory may be: those of its own test, or of an evaluation of it.
PLACES = ("test_results.jsonl", "results.jsonl", "evaluations/own_test/results.jsonl")

#: What is counted in the rows of labels, and in those of texts.
COUNTS = (("label_errors", "labels"), ("word_errors", "words", "character_errors", "characters"))


@dataclass(frozen=True)
class ScoredRun:
    """The clips that a recognizer was scored on.

    Attributes:
        name: How it is called in tables; different for each run.
        path: The file that was read.
        rows: The row of each clip by its id.
        report: What report.json says of the training; empty if there is none.
        history: The epochs of the training; empty if they are not known.
    """

    name: str
    path: Path
    rows: dict[str, dict[str, Any]]
    report: dict[str, Any]
    history: list[dict[str, Any]]

    @property
    def error_rates(self) -> dict[str, ErrorRate]:
        """How its predictions are scored."""
        is_label = all("label_errors" in row for row in self.rows.values())
        return dict((LabelInterpreter if is_label else TextInterpreter).error_rates)


def read_scored_run(path: Path, name: str) -> ScoredRun:
    """Read the rows of a run directory, of an evaluation's folder, or of a results.jsonl.

    Args:
        path: Any of these.
        name: How the run is to be called.

    Raises:
        InputError: There are no rows, or they are not those of scored clips.
    """
    path = expand_home(path)
    found = path if path.is_file() else next((path / place for place in PLACES if (path / place).is_file()), None)
    if found is None:
        raise InputError(
            f"models: {path} has none of {', '.join(PLACES)}; give the directory of a finished run or of an "
            f"evaluation, or score it first: python -m pipelines.evaluate model={path}"
        )
    rows: dict[str, dict[str, Any]] = {}
    for row in read_json_rows(found):
        if isinstance(row.values, InputError):
            raise row.values
        _check_row(row.where, row.values)
        if row.values["id"] in rows:
            raise InputError(f"{row.where}: duplicate id {row.values['id']!r}; expected each clip once")
        rows[row.values["id"]] = row.values
    if not rows:
        raise InputError(f"models: {found} is empty: no clip was scored")
    if len({"label_errors" in row for row in rows.values()}) > 1:
        raise InputError(f"models: {found} has both texts and labels; expected the clips of one evaluation")
    run = _training_of(path if path.is_dir() else found.parent, found.parent)
    if run is None:
        return ScoredRun(name, found, rows, {}, [])
    history = run / "history.jsonl"
    epochs = [row.values for row in read_json_rows(history)] if history.is_file() else []
    # The last line may be cut off, if the training was killed.
    return ScoredRun(name, found, rows, _read_object(run / "report.json"), [e for e in epochs if isinstance(e, dict)])


def _training_of(folder: Path, evaluation: Path) -> Path | None:
    """Return the directory of the run that clips were scored with: as given, as evaluate names it, or above it."""
    models = _read_object(evaluation / "scores.json").get("models")
    if isinstance(models, list) and len(models) > 1:
        return None  # an ensemble was trained in several runs
    named = [Path(str(model)) for model in models] if isinstance(models, list) else []
    above = [evaluation.absolute().parents[1]] if evaluation.absolute().parent.name == "evaluations" else []
    return next((each for each in (folder, *named, *above) if (each / "report.json").is_file()), None)


def _read_object(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object; nothing if there is no such file."""
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON ({error}); copy it again, or score the run again") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: expected a JSON object; found {type(document).__name__}")
    return document


def name_runs(paths: list[Path]) -> list[str]:
    """Return a name for each run: the last parts of its path, as many as tell the runs apart."""
    parts = [path.absolute().parts for path in paths]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(each[-count:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    raise InputError(f"models: {paths[0]} is named twice; name each run once")


def _check_row(where: str, values: Any) -> None:
    needed = ("id", "reference", "prediction")
    counted = ("label_errors", "word_errors")
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in needed):
        raise InputError(f"{where}: expected a scored clip with {', '.join(needed)}; found {str(values)[:80]}")
    if not any(name in values for name in counted):
        raise InputError(
            f"{where}: the clip has no count of errors ({' or '.join(counted)}); give the results of an evaluation, "
            "not those of transcribe or classify"
        )
    counts = [values.get(name) for name in (COUNTS[0] if "label_errors" in values else COUNTS[1])]
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        raise InputError(f"{where}: numbers of errors and symbols must be whole numbers from 0 on; found {counts}")
