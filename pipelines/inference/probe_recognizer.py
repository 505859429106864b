"""What a trained recognizer makes of order and memory: the steps of `pipelines.probe`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_prep.atomic import write_json, write_text
from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.failures import write_failures
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.own_files import check_writes_only_own_files
from pipelines.cli.probe_schema import ProbeConfig
from pipelines.cli.provenance import provenance
from recognizers.bundle.layout import EXPORT_NAME, RECORD_NAME, WEIGHTS_NAME, folder_of
from recognizers.pretrained import folder_for_results

if TYPE_CHECKING:  # it imports matplotlib
    from pipelines.reporting.probe_sections import Section

log = logging.getLogger(__name__)

SECTIONS = ("order", "reach", "forgetting", "gates")
#: Files that the command writes; the last one marks its folder.
WRITTEN = (
    *(f"{section}.{ending}" for section in SECTIONS for ending in ("svg", "json")),
    "context.svg",
    "forgetting_pause.svg",
    "failures.jsonl",
    "probe.html",
    "probe.json",
)


def probe(cfg: ProbeConfig) -> CommandOutcome:
    """Measure a recognizer on clips of its own corpus or another one, and write a page, pictures and numbers."""
    require("probe", "torch", "jinja2", "matplotlib", "librosa")
    # Imported after `require`, which says how to install what they need.
    from pipelines.inference.probe_clips import read_clips
    from pipelines.inference.probe_measures import measure_sections
    from pipelines.reporting.page import write_page
    from pipelines.reporting.picture_file import as_svg_file
    from recognizers.bundle.weights import load_bundle
    from recognizers.runtime.torch_network import use_threads

    model = Path(cfg.model)
    folder = Path(cfg.output_dir or folder_for_results(model) / "probe")
    check_writes_only_own_files(folder, WRITTEN, "output_dir")
    _check_has_weights(model)
    use_threads(free_cores(cfg.num_workers))
    bundle = load_bundle(model)
    clips = read_clips(cfg, model, bundle)
    sections = measure_sections(cfg, bundle, clips)
    for section in sections:
        write_json(folder / f"{section.name}.json", section.numbers)
        for name, chart in section.charts.items():
            write_text(folder / f"{name}.svg", as_svg_file(chart))
    write_failures(folder / "failures.jsonl", clips.failures)
    write_page(
        folder / "probe.html",
        "probe.html",
        title=f"Probe of {model.absolute().name}",
        model=str(model),
        corpus=clips.described,
        clips=len(clips.clips),
        remarks=clips.remarks,
        sections=sections,
    )
    counts = {"clips": len(clips.clips), "failed": len(clips.failures)}
    result = _summarise(sections) | counts | {"page": str(folder / "probe.html")}
    write_json(folder / "probe.json", result | {"remarks": clips.remarks, "seed": cfg.seed} | provenance())
    for section in sections:
        log.info("%s: %s", section.name, section.seen)
    log.info("page: %s", folder / "probe.html")
    return CommandOutcome(result, len(clips.failures))


def _check_has_weights(model: Path) -> None:
    """Raise InputError for an exported recognizer, whose network has no gradients and hides its gates."""
    folder = folder_of(model, "torch")
    exported = any((place / RECORD_NAME).is_file() for place in (folder, folder / EXPORT_NAME))
    if exported and not (folder / WEIGHTS_NAME).is_file():
        raise InputError(
            f"model={model}: found an exported recognizer only, from which no gradients and no gates can be read; give "
            f"the run directory or the bundle that it was exported from, which has {WEIGHTS_NAME}"
        )


def _summarise(sections: Sequence[Section]) -> dict[str, Any]:
    """Return the figures of all sections by their names, such as "order/accuracy_shuffled"."""
    return {f"{each.name}/{name}": value for each in sections for name, value in each.figures.items()}
