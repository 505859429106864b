"""Demo corpora made on the spot: a folder, the recipe it was made by, and the files that are still missing."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from data_prep.atomic import remove_stale_partials, write_json
from data_prep.errors import InputError
from data_prep.workers.parallel_map import parallel_map

Job = TypeVar("Job")

RECIPE_NAME = "recipe.json"


def make_missing(
    root: Path,
    recipe: dict[str, Any],
    jobs: Sequence[tuple[Path, Job]],
    make: Callable[[tuple[Path, Job]], None],
    num_workers: int,
    description: str,
) -> None:
    """Make the files of a demo corpus that are not there yet; files that are there are kept.

    The recipe is written before the first file, so a folder can always tell what it was made by, and a run that was
    interrupted goes on where it stopped.

    Args:
        root: The corpus's folder; made if need be.
        recipe: Every setting that changes what is in the files, as JSON values; not, say, the number of workers.
        jobs: The path of each file, under `root`, with what `make` must know to make it.
        make: A picklable function of one job. It must write its file with `atomic_write`, and what it writes
            may depend on nothing but the job.
        num_workers: Processes to use; 0 or 1 works in this process.
        description: What the progress bar says.

    Raises:
        InputError: The folder was made by a recipe with other settings.
    """
    claim_folder(root, recipe)
    missing = [job for job in jobs if not job[0].exists()]
    if not missing:
        return
    for folder in {path.parent for path, _ in missing}:
        folder.mkdir(parents=True, exist_ok=True)
        remove_stale_partials(folder)
    for _ in parallel_map(make, missing, num_workers, description):
        pass


def claim_folder(root: Path, recipe: dict[str, Any]) -> None:
    """Write the recipe into a folder that has none, or check that the one there says the same.

    Raises:
        InputError: It says something else.
    """
    path = root / RECIPE_NAME
    wanted = json.loads(json.dumps(recipe))
    if path.exists():
        _check_same(path, wanted)
        return
    write_json(path, wanted)


def _check_same(path: Path, wanted: dict[str, Any]) -> None:
    mend = (
        f"set the old values to use {path.parent} as it is, give another folder as 'corpus.root', or remove "
        f"{path.parent} to have it made anew"
    )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{path}: not a recipe, expected a JSON object of the settings in use; {mend}")
    absent = object()
    differing = [name for name in wanted | found if wanted.get(name, absent) != found.get(name, absent)]
    if differing:
        changes = ", ".join(f"{name} {found.get(name)!r} (now {wanted.get(name)!r})" for name in differing)
        raise InputError(f"{path}: the files there were made with other settings: {changes}; {mend}")
