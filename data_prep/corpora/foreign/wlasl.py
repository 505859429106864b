"""The list of WLASL, a data set of words in American Sign Language: each entry is a gloss with its instances.

The fields are described at https://github.com/dxli94/WLASL: ``frame_start`` counts from 1, and ``frame_end`` is the
last frame, or -1 for the end of the video. The data set's own script cuts the videos; a video that is too short for its
``frame_end`` is one of those and is taken as a whole.
"""

import contextlib
import logging
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.json_rows import Row
from data_prep.media import VIDEO_SUFFIXES, MediaError
from data_prep.media.container import header_duration_s, open_container

log = logging.getLogger(__name__)

#: Folders of the videos beside the list.
VIDEO_FOLDERS = ("videos", "", "raw_videos_mp4", "raw_videos")
DEFAULT_RATE_HZ = 25.0


def is_gloss(values: Any) -> bool:
    """Return whether an object of a JSON file is a gloss with its instances."""
    return isinstance(values, dict) and {"gloss", "instances"} <= values.keys()


def read_gloss(row: Row, folder: Path) -> Iterator[Row]:
    """Yield a row for each instance of a gloss.

    Args:
        row: The gloss.
        folder: Folder of the list, next to which the videos are.
    """
    instances = row.values["instances"]
    for number, instance in enumerate(instances if isinstance(instances, list) else [instances], start=1):
        where = f"{row.where}, instance {number}"
        try:
            yield Row(where, _instance(instance, str(row.values["gloss"]), folder))
        except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
            problem = f"{where}: not an instance of WLASL as expected ({error!r}); it needs at least 'video_id'"
            yield Row(where, InputError(problem))


def _instance(instance: dict[str, Any], gloss: str, folder: Path) -> dict[str, Any]:
    used = ("video_id", "split", "signer_id", "frame_start", "frame_end", "fps")
    name = str(instance["video_id"])
    path = _find_video(folder, name)
    return {
        **{field: value for field, value in instance.items() if field not in used},
        "id": name,
        "path": str(path),
        "label": gloss,
        **{field: instance[field] for field in ("split",) if instance.get(field)},
        **({"speaker": str(instance["signer_id"])} if instance.get("signer_id", -1) not in (-1, None) else {}),
        **_span(instance, path),
    }


def _find_video(folder: Path, name: str) -> Path:
    files = (
        folder / place / f"{name}{suffix}" for place in VIDEO_FOLDERS for suffix in (".mp4", *sorted(VIDEO_SUFFIXES))
    )
    return next((file for file in files if os.path.exists(file)), folder / VIDEO_FOLDERS[0] / f"{name}.mp4")


def _span(instance: dict[str, Any], path: Path) -> dict[str, float]:
    """Return the times of an instance in its video; none if it is the whole of it."""
    first, last = int(instance.get("frame_start") or 1), int(instance.get("frame_end") or -1)
    rate_hz = float(instance.get("fps") or DEFAULT_RATE_HZ)
    if first <= 1 and last == -1:
        return {}
    if last != -1 and _num_frames(path, rate_hz) < last - 1:
        log.info("%s: taken as a whole, because it is too short for frame_end=%d: it was cut already", path, last)
        return {}
    start = {"start_s": (first - 1) / rate_hz} if first > 1 else {}
    return start | ({} if last == -1 else {"end_s": last / rate_hz})


def _num_frames(path: Path, rate_hz: float) -> float:
    """Return the number of frames in a video; infinite if it cannot be read, which is reported when it is decoded."""
    duration_s = None
    if path.is_file():
        with contextlib.suppress(MediaError, IndexError), open_container(path, "{}") as container:
            duration_s = header_duration_s(container, container.streams.video[0])
    return math.inf if duration_s is None else round(duration_s * rate_hz)
