"""Several trained recognizers as one bundle: the steps of `pipelines.ensemble`."""

import logging
from pathlib import Path

from data_prep.atomic import atomic_folder
from data_prep.errors import InputError
from pipelines.cli.command import CommandOutcome
from pipelines.cli.ensemble_schema import EnsembleConfig
from pipelines.cli.provenance import provenance
from recognizers.bundle.layout import ENSEMBLE_NAME, folder_of
from recognizers.ensemble.bundle import MEMBERS_NAME, copy_member, write_record
from recognizers.ensemble.members import check_number
from recognizers.inference.loading import load_predictor

log = logging.getLogger(__name__)

#: All entries that the command writes; the first one marks its folder.
WRITTEN = (ENSEMBLE_NAME, MEMBERS_NAME)


def bundle_ensemble(cfg: EnsembleConfig) -> CommandOutcome:
    """Check that recognizers can answer together, and copy their bundles to one folder.

    Raises:
        InputError: They cannot, or one cannot be loaded, or the folder holds anything but an earlier ensemble.
    """
    names = [str(name) for name in cfg.models] if isinstance(cfg.models, list) else [str(cfg.models)]
    check_number(names)
    folder = Path(cfg.output)
    _check_replaces_only_ensembles(folder)
    predictor = load_predictor([Path(name) for name in names])
    with atomic_folder(folder) as partial:
        for number, name in enumerate(names):
            copy_member(folder_of(Path(name), "torch"), partial, number)
        write_record(partial, names, provenance())
    task = predictor.interpreter.task
    log.info("use it with: python -m pipelines.%s model=%s ...", task, folder)
    return CommandOutcome({"ensemble": str(folder), "members": len(names), "task": task})


def _check_replaces_only_ensembles(folder: Path) -> None:
    """Raise InputError if the folder holds anything but an earlier ensemble."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output={folder} is a file; give a folder that does not exist yet")
    found = sorted(path.name for path in folder.glob("*"))
    if foreign := [name for name in found if name not in WRITTEN]:
        raise InputError(
            f"output={folder} contains {foreign[0]}, which this command does not write and would remove; give another "
            "folder"
        )
    if found and ENSEMBLE_NAME not in found:
        raise InputError(f"output={folder} contains files but no {ENSEMBLE_NAME}; give another folder")
