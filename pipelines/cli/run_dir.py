"""Folders of runs: a new one for each, none used twice."""

from pathlib import Path

from data_prep.errors import InputError


def new_folder(path: str) -> str:
    """Make a folder of that name, or with a number behind it where the name is taken: two runs of one second differ."""
    for number in range(1, 1000):
        candidate = Path(path if number == 1 else f"{path}_{number}")
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            continue
        return str(candidate)
    raise InputError(f"{path}: there are a thousand such folders; give hydra.run.dir=FOLDER")


def check_unused(run_dir: Path) -> None:
    """Refuse a run directory that holds a run already.

    Raises:
        InputError: It does.
    """
    for name in ("bundle", "report.json", "checkpoints"):
        if (run_dir / name).exists():
            raise InputError(f"{run_dir}: holds a run already ({name}); give another hydra.run.dir, or none")


def remove_if_nothing_came_of_it(run_dir: Path) -> None:
    """Remove a run directory in which there is nothing but Hydra's record of the settings."""
    if {path.name for path in run_dir.glob("*")} <= {".hydra"}:
        for path in sorted(run_dir.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        run_dir.rmdir()
