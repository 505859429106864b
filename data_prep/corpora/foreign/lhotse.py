"""Cuts of lhotse, as ``CutSet.to_file`` writes them to ``cuts.jsonl`` or ``cuts.jsonl.gz``.

The fields are those of lhotse's `MonoCut`, `SupervisionSegment` and `Recording`
(https://lhotse.readthedocs.io/en/latest/cuts.html): the times of a supervision count from the start of its cut.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from data_prep.errors import InputError
from data_prep.json_rows import Row

#: Fields of a supervision that become fields of a clip, or that those replace.
USED = ("id", "recording_id", "start", "duration", "channel", "text", "speaker", "custom", "alignment")


def is_cut(values: Any) -> bool:
    """Return whether an object of a JSON file is a cut."""
    if not isinstance(values, dict):
        return False
    return str(values.get("type", "")).endswith("Cut") or {"recording", "supervisions"} <= values.keys()


def read_cut(row: Row) -> Iterator[Row]:
    """Yield a row for each supervision of a cut; a row without a target if it has none."""
    try:
        yield from _supervisions(row)
    except InputError as error:
        yield Row(row.where, error)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        yield Row(row.where, InputError(f"{row.where}: not a cut of lhotse as expected ({error!r}); write it again"))


def _supervisions(row: Row) -> Iterator[Row]:
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
            "id": cut["id"] if len(supervisions) == 1 else supervision["id"],
            "path": path,
            **_span(start_s, duration_s, cut["recording"].get("duration")),
            **({} if index is None else {"channel": index}),
            **{name: supervision[name] for name in ("text", "speaker") if supervision.get(name) is not None},
            **{name: value for name, value in supervision.items() if name not in USED and value is not None},
            **(supervision.get("custom") or {}),
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
