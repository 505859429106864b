"""Writes the folder of a page from an exported recognizer."""

import html
import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data_prep.atomic import atomic_folder, write_json, write_text
from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_model import hand_model_path
from pipelines.web_page.assets import PACKAGES_OF_SOURCE, Package, copy_files, find_packages
from pipelines.web_page.examples import write_examples
from pipelines.web_page.policy import content_policy
from recognizers.bundle.layout import EXPORT_NAME, folder_of, is_ensemble
from recognizers.bundle.spec import SPEC_NAME, read_spec
from recognizers.instantiate import instantiate
from recognizers.runtime.features_inside.description import PRECISIONS, description_name
from recognizers.runtime.features_inside.inputs import DEVICE_INPUTS
from recognizers.runtime.stepwise.description import DESCRIPTION_NAME as STREAMING_NAME
from recognizers.segmentation.silero_detector import MODEL_PATH

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
#: Name of the folder of a page in a run directory, and of the file that marks it.
WEB_NAME, PAGE_NAME = "web", "page.json"
FORMAT = 1
POLICY_PLACE = "CONTENT_SECURITY_POLICY"
HAND_MODEL_NAME = "hand_landmarker.task"


@dataclass(frozen=True)
class PageChoices:
    """What goes into the folder of a page.

    Attributes:
        precisions: Which networks: "float32", "int8" or both; the page starts with the first one.
        assets: Folder with the libraries; None to fetch them with npm.
        num_examples: Number of clips to try.
    """

    precisions: tuple[str, ...] = tuple(PRECISIONS.values())
    assets: Path | None = None
    num_examples: int = 4


def check_page_source(model: Path) -> None:
    """Check that a page can recognise with a recognizer, before it is exported.

    Raises:
        InputError: It is an ensemble, or it takes something that the page has no input for.
    """
    for runtime in ("torch", "onnx"):
        folder = folder_of(model, runtime)
        if is_ensemble(folder):
            raise InputError(
                f"model={model}: holds an ensemble, and a page runs a single network; give one of its members, such as "
                f"model={folder / 'members' / '0'}, or teach one recognizer what they know: "
                f"python -m pipelines.train teacher={model}"
            )
        if (folder / SPEC_NAME).is_file():
            _check_source(instantiate(read_spec(folder / SPEC_NAME).features))
            return


def _check_source(extractor: FeatureExtractor) -> str:
    """Return what the networks take; raises InputError if the page has no input for it."""
    device_input = DEVICE_INPUTS.get(type(extractor))
    source = device_input.source if device_input else None
    if source not in PACKAGES_OF_SOURCE:
        raise InputError(
            f"features={type(extractor).__name__}: the page takes sound (Mfcc) or hands (HandKeypoints); for a page of "
            "your own, see docs/embedding.md"
        )
    if isinstance(extractor, HandKeypoints) and extractor.tracker.pose_model is not None:
        raise InputError(
            "features.tracker.pose_model: a page cannot find the body yet; train with features.tracker.pose_model=null"
        )
    return source


def find_export(model: Path) -> Path | None:
    """Return the exported recognizer with features inside that belongs to a model; None if there is none."""
    folder = model / EXPORT_NAME if (model / EXPORT_NAME).is_dir() else model
    names = [description_name(source) for source in PACKAGES_OF_SOURCE]
    return folder if any((folder / name).is_file() for name in names) else None


def check_overwrites_only_pages(folder: Path) -> None:
    """Raise InputError if a folder exists and holds anything that no page wrote."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"web_dir={folder} is a file; give a folder that does not exist yet")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    foreign = sorted(found - _listed_files(folder / PAGE_NAME))
    if foreign:
        raise InputError(f"web_dir={folder} contains {foreign[0]}, which no page wrote; give another web_dir")


def _listed_files(page: Path) -> set[str]:
    """The files that the record of a page lists, itself included; none if there is no such record."""
    try:
        return {PAGE_NAME, *json.loads(page.read_text(encoding="utf-8"))["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def write_page(folder: Path, export: Path, run: Path, choices: PageChoices) -> dict[str, Any]:
    """Write the folder of a page, atomically; an existing page is replaced.

    Args:
        folder: The folder.
        export: The exported recognizer, with features inside.
        run: The run directory, from whose test clips examples are taken.
        choices: What goes into it.

    Returns:
        What the command prints of it: the folder, its size in bytes, and where the libraries come from.

    Raises:
        InputError: The export lacks a network, a library cannot be had, or the folder holds something else.
    """
    check_overwrites_only_pages(folder)
    spec = read_spec(export / SPEC_NAME)
    extractor: FeatureExtractor = instantiate(spec.features)
    source = _check_source(extractor)
    description = _description(export / description_name(source), choices.precisions)
    packages = find_packages(source, choices.assets)
    hand_model = hand_model_path() if source == "landmarks" else None
    with atomic_folder(folder) as partial:
        shutil.copytree(STATIC, partial, dirs_exist_ok=True)
        _write_recognizer(partial / "recognizer", export, description, hand_model)
        for package, place in packages.items():
            if place is not None:
                copy_files(package, place, partial / "libraries" / package.folder)
        from_cdn = any(place is None for place in packages.values())
        _write_index(partial / "index.html", from_cdn)
        page = {
            "format": FORMAT,
            "title": _title(description, run),
            "source": source,
            "task": description["task"],
            "precisions": list(description["networks"]),
            "streams": _copy_streaming(partial / "recognizer", export),
            "libraries": _libraries(source, packages),
            "tracker": _tracker(extractor),
            "examples": [
                asdict(each) for each in write_examples(partial / "examples", run, extractor, choices.num_examples)
            ],
        }
        write_json(partial / PAGE_NAME, page | {"files": sorted(_files(partial))})
        size = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    if from_cdn:
        log.warning(
            "npm is not installed, so the page loads %s from jsdelivr.net and checks their hashes; install npm or give "
            "web_assets=FOLDER for a page that loads nothing from elsewhere",
            " and ".join(package.name for package, place in packages.items() if place is None),
        )
    if page["examples"]:
        log.info("the page holds %d clips of the run to try; web_examples=0 leaves them out", len(page["examples"]))
    return {"web": str(folder), "web_bytes": size, "libraries": "cdn" if from_cdn else "in_folder"}


def _description(path: Path, precisions: Iterable[str]) -> dict[str, Any]:
    """Read the description of an export, with those networks alone that the page is to have."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; a page needs python -m pipelines.export features_inside=true")
    description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "source" not in description:
        raise InputError(f"{path}: by an earlier version; export again: python -m pipelines.export web=true")
    networks = description["networks"]
    chosen = {name: networks[name] for name in precisions if name in networks}
    if not chosen:
        raise InputError(
            f"web_precision={'/'.join(precisions)}: this recognizer has {', '.join(networks)} alone, since only LSTMs "
            "have an int8 network"
        )
    return description | {"networks": chosen}


def _write_recognizer(folder: Path, export: Path, description: Mapping[str, Any], hand_model: Path | None) -> None:
    """Write the networks, their description, and what finds hands in pictures or speech in sound."""
    folder.mkdir()
    write_json(folder / description_name(description["source"]), description)
    for network in description["networks"].values():
        shutil.copyfile(export / network["file"], folder / network["file"])
    if hand_model is not None:
        shutil.copyfile(hand_model, folder / HAND_MODEL_NAME)
        return
    for path in (MODEL_PATH, MODEL_PATH.with_suffix(".LICENSE.txt")):
        shutil.copyfile(path, folder / path.name)


def _copy_streaming(folder: Path, export: Path) -> bool:
    """Copy the network for streaming, if the export has one that takes sound; return whether it has."""
    description = export / STREAMING_NAME
    if not description.is_file():
        return False
    document = json.loads(description.read_text(encoding="utf-8"))
    if document["source"] != "waveform":  # the page computes no frames
        return False
    for name in (STREAMING_NAME, document["network"]["file"]):
        shutil.copyfile(export / Path(name).name, folder / Path(name).name)
    return True


def _write_index(path: Path, from_cdn: bool) -> None:
    """Put the content policy into the page, for servers that send no headers of their own."""
    page = path.read_text(encoding="utf-8")
    write_text(path, page.replace(POLICY_PLACE, html.escape(content_policy(from_cdn), quote=True)))


def _title(description: Mapping[str, Any], run: Path) -> str:
    """Name the recognizer by its run, such as "an4"; runs are in runs/NAME/DATE_TIME."""
    report = run / "report.json"
    name = ""
    if report.is_file():
        name = json.loads(report.read_text(encoding="utf-8")).get("config", {}).get("name", "")
    kind = {"transcribe": "transcriber", "classify": "classifier"}[description["task"]]
    return f"{name.replace('_', ' ')} {kind}" if name else f"Utterance {kind}"


def _libraries(source: str, packages: Mapping[Package, Path | None]) -> dict[str, dict[str, dict[str, str]]]:
    """Where the page finds each file of each library, and the hash that it must have."""
    return {
        name: {
            file.role: {
                "url": package.cdn_url(file)
                if packages[package] is None
                else f"libraries/{package.folder}/{file.path}",
                "integrity": file.integrity,
            }
            for file in package.files
        }
        for name, package in PACKAGES_OF_SOURCE[source].items()
    }


def _tracker(extractor: FeatureExtractor) -> dict[str, Any] | None:
    """How hands were found in training, which the page repeats; None for sound."""
    if not isinstance(extractor, HandKeypoints):
        return None
    settings = extractor.tracker.identity()
    return settings | {"second_look": extractor.tracker.second_look}


def _files(folder: Path) -> Iterable[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
