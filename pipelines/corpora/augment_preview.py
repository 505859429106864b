"""The preview of ``prepare``: clips as training varies them, written as sound to listen to."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import soundfile

from data_prep.atomic import atomic_folder, write_text
from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.sampling import choose_varied_clips
from pipelines.cli.schema import PrepareConfig
from recognizers.augment.applied import collect_notes
from recognizers.augment.augment import Augment, clip_generator
from recognizers.instantiate import instantiate

#: Folder of the preview within the output folder, and the files in it beside the sound.
FOLDER, TABLE, PAGE = "augment_preview", "index.csv", "index.html"
#: Longest name of a sound file without its ending; file systems allow 255 bytes.
MAX_NAME = 160
COLUMNS = ("clip", "target", "original", "augmented")


@dataclass(frozen=True)
class Variation:
    """A clip and a variation of it.

    Attributes:
        clip: The clip.
        original: Name of the file with its sound.
        augmented: Name of the file with the variation.
        applied: What was drawn, by the name of the variation.
    """

    clip: Clip
    original: str
    augmented: str
    applied: Mapping[str, str]

    @property
    def target(self) -> str:
        """The label or the text of the clip."""
        return self.clip.label or self.clip.text or ""


def check_preview(cfg: PrepareConfig, extractor: FeatureExtractor, output_dir: Path) -> Augment:
    """Check that a preview can be written, before any media are read; return the augmentation.

    Raises:
        InputError: There is nothing to listen to, a sound file that the augmentation needs cannot be used, or the
            folder of the preview holds other files.
    """
    if extractor.modality != "audio":
        raise InputError(
            f"augment_preview writes sound to listen to, but the features are of {extractor.modality}; leave it out "
            "(overview.html draws a few clips)"
        )
    augment: Augment = instantiate(cfg.augment)
    if augment.modality != "audio":
        raise InputError("augment_preview needs variations of sound; give augment=speech")
    _check_own_folder(output_dir / FOLDER)
    return augment


def write_preview(cfg: PrepareConfig, prepared: Prepared, augment: Augment, output_dir: Path) -> Path:
    """Write clips and their variations, a table and a page with players; an earlier preview is replaced.

    The variations are those of the first epoch of a training with the same seed. If there are fewer training clips
    than variations to write, those of further epochs follow.

    Returns:
        The page.
    """
    from data_prep.report.preview_page import PreviewRow, render_preview  # needs jinja2

    training = [clip for clip in prepared.clips if clip.split == "train"]
    chosen = choose_varied_clips(training or prepared.clips, cfg.augment_preview, cfg.seed)
    with atomic_folder(output_dir / FOLDER) as folder:
        variations = [
            _write_variation(cfg, prepared, augment, chosen[index % len(chosen)], index, index // len(chosen), folder)
            for index in range(cfg.augment_preview)
        ]
        write_text(folder / TABLE, _table(variations), errors="surrogateescape")
        rows = [
            PreviewRow(each.clip.id, each.target, each.original, each.augmented, each.applied) for each in variations
        ]
        write_text(folder / PAGE, render_preview(rows, cfg.augment), errors="backslashreplace")
    return output_dir / FOLDER / PAGE


def _write_variation(
    cfg: PrepareConfig, prepared: Prepared, augment: Augment, clip: Clip, index: int, epoch: int, folder: Path
) -> Variation:
    signal = prepared.signal(clip)
    may_be_empty = clip.text is not None and cfg.head.get("unit") != "label"
    varied, applied = _vary(augment, signal, clip, cfg.seed, epoch, may_be_empty)
    stem = f"{index + 1:02d}_{_plain(clip.id)[:60]}"
    settings = "_".join(f"{name}-{_plain(value)}" for name, value in applied.items()) or "unchanged"
    variation = Variation(clip, f"{stem}_original.wav", f"{f'{stem}_{settings}'[:MAX_NAME]}.wav", applied)
    for name, each in ((variation.original, signal), (variation.augmented, varied)):
        soundfile.write(folder / name, each.values, round(each.rate_hz), subtype="PCM_16")
    return variation


def _vary(
    augment: Augment, signal: Signal, clip: Clip, seed: int, epoch: int, may_be_empty: bool
) -> tuple[Signal, dict[str, str]]:
    """Vary a signal as `ClipDataset` does, and tell what was done; masks of features cannot be heard."""
    rng = clip_generator(seed, epoch, clip.id)
    speed = augment.draw_speed(rng)
    if may_be_empty and (wordless := augment.wordless(signal, rng)) is not None:
        return wordless, {"words": "replaced by sound without words"}
    with collect_notes() as notes:
        varied = augment.signal(signal, speed, rng)
    return varied, ({"speed": f"{speed:.2f}"} if speed != 1 else {}) | notes


def _plain(text: str) -> str:
    """Return a text with nothing in it that is awkward in a file's name."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", text).strip(".") or "x"


def _table(variations: list[Variation]) -> str:
    """Return the table as CSV, with a column for each kind of variation."""
    kinds = list(dict.fromkeys(kind for each in variations for kind in each.applied))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *kinds])
    for each in variations:
        applied = [each.applied.get(kind, "") for kind in kinds]
        writer.writerow([each.clip.id, each.target, each.original, each.augmented, *applied])
    return text.getvalue()


def _check_own_folder(folder: Path) -> None:
    """Check that a folder is missing or empty, or holds exactly an earlier preview, which its table lists.

    Raises:
        InputError: It holds something else, which would be lost.
    """
    if not folder.is_dir():
        if folder.exists() or folder.is_symlink():
            raise InputError(f"{folder}: is not a folder; remove it, or give another output_dir")
        return
    own = {TABLE, PAGE}
    if (folder / TABLE).is_file():
        with open(folder / TABLE, encoding="utf-8", errors="surrogateescape", newline="") as file:
            own |= {str(row.get(column)) for row in csv.DictReader(file) for column in ("original", "augmented")}
    for path in sorted(folder.iterdir()):
        if path.name not in own or not path.is_file() or not (folder / TABLE).is_file():
            raise InputError(
                f"{path}: would be removed, but no earlier preview wrote it; move it away, or give another output_dir"
            )
