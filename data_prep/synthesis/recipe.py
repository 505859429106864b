"""Generated corpora: checks of their settings, the recipe in their folder, and the files that are still missing."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from data_prep.atomic import remove_stale_partials, write_json
from data_prep.errors import InputError
from data_prep.manifest import SPLITS
from data_prep.workers.parallel_map import parallel_map

Job = TypeVar("Job")

RECIPE_NAME = "recipe.json"


def check_minimum(corpus: object, minimum: int, *names: str) -> None:
    """Check that the named settings of a corpus are not too small.

    Raises:
        InputError: One of them is below the minimum.
    """
    for name in names:
        if (value := getattr(corpus, name)) < minimum:
            raise InputError(f"corpus.{name} is {value}, expected {minimum} or more")


def counts_by_split(corpus: object, what: str) -> dict[str, int]:
    """Return the settings ``train_WHAT``, ``validation_WHAT`` and ``test_WHAT`` of a corpus, by split."""
    return {split: getattr(corpus, f"{split}_{what}") for split in SPLITS}


def make_missing(
    root: Path,
    recipe: dict[str, Any],
    jobs: Sequence[tuple[Path, Job]],
    make: Callable[[tuple[Path, Job]], None],
    num_workers: int,
    description: str,
) -> None:
    """Make the files of a generated corpus that do not exist yet.

    The recipe is written before the first file. The folder therefore always says with which settings its files were
    made, and an interrupted run can be continued by running it again.

    Args:
        root: Folder of the corpus; created if missing.
        recipe: All settings that affect the content of the files, as JSON values. The number of workers, for
            example, is not among them.
        jobs: Path of each file, below `root`, and what `make` needs to know to make it.
        make: Picklable function that makes the file of one job. It must write the file with `atomic_write`, and the
            content may depend on nothing but the job.
        num_workers: Number of processes; 0 or 1 works in the current process.
        description: Text next to the progress bar.

    Raises:
        InputError: The files in the folder were made with other settings.
    """
    write_or_check_recipe(root, recipe)
    missing = [job for job in jobs if not job[0].exists()]
    if not missing:
        return
    for folder in {path.parent for path, _ in missing}:
        folder.mkdir(parents=True, exist_ok=True)
        remove_stale_partials(folder)
    for _ in parallel_map(make, missing, num_workers, description):
        pass


def write_or_check_recipe(root: Path, recipe: dict[str, Any]) -> None:
    """Write the recipe into the folder, or compare it with the one that is already there.

    Raises:
        InputError: The two recipes differ.
    """
    path = root / RECIPE_NAME
    recipe = json.loads(json.dumps(recipe))  # tuples become lists, as in the file
    if path.exists():
        _check_recipe(path, recipe)
        return
    write_json(path, recipe)


def _check_recipe(path: Path, recipe: dict[str, Any]) -> None:
    fix = (
        f"set the old values to use {path.parent} as it is, give another folder as 'corpus.root', or remove "
        f"{path.parent} to have it made again"
    )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{path}: not a recipe, expected a JSON object with the settings in use; {fix}")
    absent = object()
    differing = [name for name in recipe | found if recipe.get(name, absent) != found.get(name, absent)]
    if differing:
        changes = ", ".join(f"{name} {found.get(name)!r} (now {recipe.get(name)!r})" for name in differing)
        raise InputError(f"{path}: the files there were made with other settings: {changes}; {fix}")
