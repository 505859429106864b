"""Cuts of lhotse, as ``CutSet.to_file`` writes them, and supervisions next to their recordings, as its recipes do.

The fields are those of lhotse's `MonoCut`, `SupervisionSegment` and `Recording`
(https://lhotse.readthedocs.io/en/latest/cuts.html): the times of a supervision count from the start of its cut.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from data_prep.corpora.corpus import find_upwards
from data_prep.errors import InputError
from data_prep.json_rows import Row, read_json_rows

#: Fields of a supervision that become fields of a clip, or that those replace.
USED = ("id", "recording_id", "start", "duration", "channel", "text", "speaker", "custom", "alignment")


def is_cut(values: Any) -> bool:
    """Return whether an object of a JSON file is a cut."""
    if not isinstance(values, dict):
        return False
    return str(values.get("type", "")).endswith("Cut") or {"recording", "supervisions"} <= values.keys()


def is_supervision(values: Any) -> bool:
    """Return whether an object of a JSON file is a supervision of a recording in another file."""
    return isinstance(values, dict) and {"id", "recording_id", "start", "duration"} <= values.keys()


def read_supervisions(path: Path, rows: Iterable[Row]) -> Iterator[Row]:
    """Turn supervisions into cuts of their recordings, which are in ``recordings`` next to ``supervisions``."""
    recordings_path = path.with_name(path.name.replace("supervisions", "recordings"))
    if recordings_path == path or not recordings_path.is_file():
        raise InputError(
            f"{path}: holds supervisions without their recordings; put the file of the recordings next to it, named "
            "alike with 'recordings' in place of 'supervisions', or write cuts"
        )
    found = [row.values for row in read_json_rows(recordings_path) if isinstance(row.values, dict)]
    recordings = {recording.get("id"): recording for recording in found}
    for row in rows:
        recording = recordings.get(row.values["recording_id"]) if is_supervision(row.values) else None
        if recording is None:
            problem = f"{row.where}: not a supervision of a recording in {recordings_path}"
            yield Row(row.where, row.values if isinstance(row.values, InputError) else InputError(problem))
        else:
            cut = {"id": row.values["id"], "duration": recording["duration"], "recording": recording}
            yield Row(row.where, cut | {"supervisions": [row.values]})


def read_cut(row: Row, folder: Path) -> Iterator[Row]:
    """Yield a row for each supervision of a cut; a row without a target if it has none.

    Relative paths start from the folder that the recipe ran in, which is that of the cuts or a parent of it.
    """
    try:
        yield from _supervisions(row, folder)
    except InputError as error:
        yield Row(row.where, error)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        yield Row(row.where, InputError(f"{row.where}: not a cut of lhotse as expected ({error!r}); write it again"))


def _supervisions(row: Row, folder: Path) -> Iterator[Row]:
    cut = row.values
    if cut.get("type", "MonoCut") not in ("MonoCut", "MultiCut"):
        raise InputError(f"{row.where}: found a {cut['type']}; expected cuts of single recordings (MonoCut)")
    if not cut.get("recording"):
        raise InputError(f"{row.where}: the cut {cut['id']!r} has no recording; write the cuts with their recordings")
    supervisions = cut.get("supervisions") or [{}]
    for supervision in supervisions:
        start_s = float(cut.get("start", 0.0)) + float(supervision.get("start", 0.0))
        duration_s = float(supervision.get("duration", cut["duration"]))
        channel = supervision.get("channel", cut.get("channel", 0))
        path, index = _find_source(cut["recording"], channel, row.where)
        values = {
            **(supervision.get("custom") or {}),
            **{name: value for name, value in supervision.items() if name not in USED and value is not None},
            "id": cut["id"] if len(supervisions) == 1 else supervision["id"],
            "path": str(find_upwards(folder, path)),
            **_span(start_s, duration_s, cut["recording"].get("duration")),
            **({} if index is None else {"channel": index}),
            **{name: supervision[name] for name in ("text", "speaker") if supervision.get(name) is not None},
        }
        yield Row(row.where, values)


def _span(start_s: float, duration_s: float, whole_s: float | None) -> dict[str, float]:
    """Return the times of a clip, rounded to a nanosecond as lhotse does; none for a whole recording."""
    if whole_s is not None and start_s == 0 and abs(duration_s - float(whole_s)) < 1e-3:
        return {}
    return {"start_s": round(start_s, 9), "end_s": round(start_s + duration_s, 9)}


def _find_source(recording: Mapping[str, Any], channel: int | Iterable[int], where: str) -> tuple[str, int | None]:
    """Return the file that holds a channel of a recording, and the index of the channel in it, None for all of it."""
    wanted = {channel} if isinstance(channel, int) else set(channel)
    sources = [source for source in recording["sources"] if wanted & set(source["channels"])]
    if len(sources) != 1 or sources[0]["type"] != "file":
        found = ", ".join(str(source["type"]) for source in sources) or "none"
        raise InputError(f"{where}: the sound of channel {channel} is in the sources {found}; expected a single file")
    channels = sources[0]["channels"]
    takes_all = wanted >= set(channels)
    if not takes_all and len(wanted) > 1:
        raise InputError(f"{where}: found the channels {sorted(wanted)} of {channels}; expected one, or all of them")
    return sources[0]["source"], None if takes_all else channels.index(min(wanted))
