"""The steps of ``generate``: load a generator, draw clips, write their landmarks, videos and a manifest."""

import logging
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from data_prep.atomic import atomic_folder, atomic_write, write_json
from data_prep.dependency_groups import is_installed, missing_package, require
from data_prep.errors import InputError, did_you_mean
from data_prep.features.extractor import Signal, num_frames
from data_prep.features.hand_tracker import IMAGE, resample_landmarks
from data_prep.features.keypoint_inverse import rebuild_landmarks
from data_prep.features.landmarks.pose_writing import write_pose
from data_prep.manifest import Clip, write_manifest
from data_prep.operating_system import expand_home
from data_prep.text_rules import normalize_text
from pipelines.cli.command import CommandOutcome
from pipelines.cli.generate_schema import CLIP_FORMATS, GenerateConfig
from recognizers.bundle.generator import Generator, load_generator
from recognizers.vocabulary import Vocabulary

log = logging.getLogger(__name__)

MANIFEST_NAME, SETTINGS_NAME = "manifest.jsonl", "generated.json"
#: Most characters of a label in the name of a file.
NAME_CHARACTERS = 60


@dataclass(frozen=True)
class Drawn:
    """What is to be drawn: a label or a text, its symbols, and the name of its folder."""

    target: str
    ids: tuple[int, ...]
    name: str


def generate(cfg: GenerateConfig) -> CommandOutcome:
    """Draw clips into a new folder, which appears when all of them are written.

    Raises:
        InputError: There is no such generator, it does not know the label or the text, a package is missing, or the
            output exists.
    """
    output = expand_home(cfg.output)
    _check_new(output)
    formats = choose_formats(cfg.formats)
    generator = load_generator(expand_home(cfg.model))
    wanted = targets_to_draw(generator.spec.vocabulary, cfg.label, cfg.text)
    torch.set_num_threads(1)  # a frame at a time is too little work for two
    clips: list[Clip] = []
    duration_s = 0.0
    with atomic_folder(output) as partial:
        for drawn in wanted:
            for number in range(cfg.count):
                how = (cfg.temperature, cfg.max_s, cfg.frame_rate_hz)
                signal = draw_clip(generator, drawn.ids, [cfg.seed, number], *how)
                duration_s += signal.duration_s
                name = f"{drawn.name}/{drawn.name}_{number:04d}"
                for each in formats:
                    WRITERS[each](partial / each / f"{name}.{each}", signal, drawn.target)
                clips.append(_clip(generator.spec.vocabulary, partial / formats[0] / f"{name}.{formats[0]}", drawn))
        write_manifest(partial / MANIFEST_NAME, clips)
        write_json(partial / SETTINGS_NAME, {"model": str(cfg.model), "seed": cfg.seed, "temperature": cfg.temperature})
    log.info("%d clips of %d targets, %.1f s, in %s", len(clips), len(wanted), duration_s, output)
    return CommandOutcome(
        {"clips": len(clips), "targets": len(wanted), "duration_s": round(duration_s, 3), "output": str(output)}
    )


def draw_clip(
    generator: Generator,
    ids: Sequence[int],
    seed: Sequence[int],
    temperature: float = 0.5,
    max_s: float = 10.0,
    frame_rate_hz: float = 30.0,
) -> Signal:
    """Draw the landmarks of a clip, (T, 2, 2, 21, 3); equal targets and seeds give equal clips.

    Args:
        generator: The generator.
        ids: Symbols to draw.
        seed: Seed of the draw; other symbols draw other numbers.
        temperature: Factor of the deviations that are drawn in each frame.
        max_s: Longest clip in seconds.
        frame_rate_hz: Frames per second of the clip; those of the generator are interpolated linearly.

    Raises:
        InputError: The generator is damaged.
    """
    own_rate_hz = generator.extractor.frame_rate_hz
    state = np.random.SeedSequence([*seed, *ids]).generate_state(1)
    rng = torch.Generator().manual_seed(int(state[0]))
    frames = generator.network.draw(ids, rng, temperature, max(1, round(max_s * own_rate_hz)))
    drawn = rebuild_landmarks(frames, own_rate_hz)
    count = num_frames(drawn.duration_s, frame_rate_hz)
    wanted_s = np.arange(count) / frame_rate_hz
    return Signal(resample_landmarks(drawn.values, np.arange(len(frames)) / own_rate_hz, wanted_s), frame_rate_hz)


def targets_to_draw(vocabulary: Vocabulary, label: object, text: str | None) -> list[Drawn]:
    """Return what the settings `label` and `text` ask for, in the symbols of a generator.

    Raises:
        InputError: The generator draws the other kind of target, or does not know a label or a symbol.
    """
    if vocabulary.unit == "label":
        if text is not None:
            raise InputError(f"text={text}: this generator draws labels; give label=LABEL, one of {_some(vocabulary)}")
        given = vocabulary.symbols if label is None else label if isinstance(label, list | tuple) else [label]
        targets = [_known_label(vocabulary, str(each)) for each in given]
    else:
        if label is not None or text is None:
            raise InputError(f"this generator draws texts, of {vocabulary.unit}s; give text=TEXT instead of a label")
        targets = [normalize_text(text, vocabulary.normalize)]
    if not targets or not all(targets):
        raise InputError("nothing to draw: give a label or a text that is not empty")
    try:
        ids = [tuple(vocabulary.encode(target)) for target in dict.fromkeys(targets)]
    except InputError as error:
        raise InputError(f"text={text}: {error}") from None
    return [
        Drawn(target, symbols, name)
        for target, symbols, name in zip(
            dict.fromkeys(targets), ids, _folder_names(list(dict.fromkeys(targets))), strict=True
        )
    ]


def choose_formats(formats: Sequence[str] | None) -> list[str]:
    """Return the formats to write, landmarks first.

    Raises:
        InputError: The package that writes a wanted format is not installed.
    """
    has_pose = is_installed("pose_format")
    if formats is None or "mp4" in formats:
        require("formats=mp4", "cv2")
    if formats is None:
        return [name for name in CLIP_FORMATS if name != "pose" or has_pose]
    if "pose" in formats and not has_pose:
        raise missing_package("formats=pose", "pose_format")
    return [name for name in CLIP_FORMATS if name in formats]


def _check_new(output: Path) -> None:
    if os.path.lexists(output) and not (output.is_dir() and not any(output.iterdir())):
        raise InputError(f"output={output} exists; give a new folder, so that no clips of different draws are mixed")


def _known_label(vocabulary: Vocabulary, label: str) -> str:
    normalized = normalize_text(label, vocabulary.normalize)
    if normalized not in vocabulary.symbols:
        hint = did_you_mean(normalized, vocabulary.symbols) or f"; it knows {_some(vocabulary)}"
        raise InputError(f"label={label}: this generator has not learned that label{hint}")
    return normalized


def _some(vocabulary: Vocabulary) -> str:
    names = ", ".join(vocabulary.symbols[:20])
    return names if len(vocabulary.symbols) <= 20 else f"{names} and {len(vocabulary.symbols) - 20} others"


def _folder_names(targets: Sequence[str]) -> list[str]:
    """Return a different name for each target that every file system allows."""
    names: list[str] = []
    for number, target in enumerate(targets):
        name = re.sub(r"[^\w-]+", "_", target).strip("_")[:NAME_CHARACTERS]
        # Some file systems take upper and lower case for the same.
        taken = name.lower() in {other.lower() for other in names}
        names.append(f"{name or 'clip'}_{number}" if taken or not name else name)
    return names


def _clip(vocabulary: Vocabulary, path: Path, drawn: Drawn) -> Clip:
    if vocabulary.unit == "label":
        return Clip(path.stem, path, label=drawn.target, split="train")
    return Clip(path.stem, path, text=drawn.target, split="train")


def _write_npz(path: Path, signal: Signal, target: str) -> None:
    """Write image coordinates (T, 2, 21, 3) as `read_landmarks` reads them."""
    with atomic_write(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, landmarks=signal.values[:, :, IMAGE], fps=np.float64(signal.rate_hz))


def _write_mp4(path: Path, signal: Signal, target: str) -> None:
    from pipelines.inference.overlay_video import write_landmark_video  # needs OpenCV, which other formats do not

    write_landmark_video(path, signal, target)


WRITERS: dict[str, Callable[[Path, Signal, str], None]] = {
    "npz": _write_npz,
    "pose": lambda path, signal, target: write_pose(path, signal),
    "mp4": _write_mp4,
}
