"""Export of an ensemble as ONNX: each member is exported like a single recognizer."""

import logging
from pathlib import Path

from data_prep.atomic import atomic_folder
from pipelines.cli.command import CommandOutcome
from pipelines.cli.provenance import provenance
from pipelines.inference.export_onnx import export_bundle, outcome_of
from recognizers.ensemble.bundle import find_members, member_folder, read_sources, write_record

log = logging.getLogger(__name__)


def export_ensemble(source: Path, folder: Path) -> CommandOutcome:
    """Export the members of the ensemble in a folder to another folder, which holds an ensemble then.

    Members get no networks with features inside: several networks do not make one that answers.

    The outcome has the largest differences between a member's networks and its bundle. An int8 network is reported only
    if all members have one.

    Raises:
        InputError: The ensemble is damaged, or a member's network differs from its bundle.
    """
    members = find_members(source)
    exported = []
    with atomic_folder(folder) as partial:
        for number, member in enumerate(members):
            target = member_folder(partial, number)
            target.mkdir(parents=True)
            exported.append(export_bundle(member, target, features_inside=False))
            log.info("exported member %d of %d", number + 1, len(members))
        write_record(partial, read_sources(source), provenance())
    bundle, _, num_clips = exported[0]
    return outcome_of(bundle, folder, _largest([differences for _, differences, _ in exported]), num_clips)


def _largest(differences: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the largest of each difference, for the runtimes that all members have."""
    runtimes = [runtime for runtime in differences[0] if all(runtime in each for each in differences)]
    return {
        runtime: {name: max(each[runtime][name] for each in differences) for name in differences[0][runtime]}
        for runtime in runtimes
    }
