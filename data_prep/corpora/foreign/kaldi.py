"""Kaldi data directories: ``wav.scp``, ``text``, and optionally ``segments`` and ``utt2spk``.

Their format is described at https://kaldi-asr.org/doc/data_prep.html: each line is a key and, after white space, its
value; all files but ``wav.scp`` and ``segments`` have a line for each utterance.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_prep.corpora.corpus import find_upwards, read_lines
from data_prep.errors import InputError
from data_prep.json_rows import Row


def read_kaldi_rows(folder: Path) -> Iterator[Row]:
    """Read a row for each utterance of a data directory; a wrong line has an InputError in place of its values.

    Relative paths in ``wav.scp`` start from the folder that the recipe ran in, which is a parent of the directory.

    Raises:
        InputError: A file is not valid UTF-8.
    """
    problems: list[Row] = []
    recordings = _read_pairs(folder / "wav.scp", problems)
    texts = _read_pairs(folder / "text", problems)
    speakers = _read_pairs(folder / "utt2spk", problems)
    segments = _read_pairs(folder / "segments", problems)
    spans = segments or {key: (place, key) for key, (place, _) in recordings.items()}
    for key, (place, span) in spans.items():
        try:
            values = _span(span, place) if segments else {"recording": key}
            if (recording := recordings.get(values["recording"])) is None:
                raise InputError(f"{place}: the recording {values['recording']!r} is not in {folder / 'wav.scp'}")
            values["path"] = str(_find_recording(folder, *reversed(recording)))
            if texts and key not in texts:
                raise InputError(f"{place}: the utterance {key!r} has no line in {folder / 'text'}; add it")
        except InputError as error:
            yield Row(place, error)
            continue
        del values["recording"]
        values |= {"text": texts[key][1]} if key in texts else {}
        values |= {"speaker": speakers[key][1]} if key in speakers else {}
        yield Row(texts.get(key, (place, ""))[0], {"id": key} | values)
    for key in texts.keys() - spans.keys():
        place = texts[key][0]
        name = "segments" if segments else "wav.scp"
        problems.append(Row(place, InputError(f"{place}: the utterance {key!r} is not in {folder / name}")))
    yield from sorted(problems)


def _read_pairs(path: Path, problems: list[Row]) -> dict[str, tuple[str, str]]:
    """Read the place and the value of each key of a file; there are none if there is no file."""
    pairs: dict[str, tuple[str, str]] = {}
    for place, line in read_lines(path) if path.is_file() else ():
        key, _, value = line.strip().replace("\t", " ", 1).partition(" ")
        if key in pairs:
            problems.append(Row(place, InputError(f"{place}: {key!r} has a line already, {pairs[key][0]}; remove one")))
        elif key:
            pairs[key] = (place, value.strip())
    return pairs


def _span(segment: str, place: str) -> dict[str, Any]:
    """Read a line of ``segments`` without its key: recording, start, end, and optionally a channel."""
    match segment.split():
        case [recording, start, end, *channel] if len(channel) < 2:
            try:
                times = {"start_s": float(start), "end_s": float(end)}
            except ValueError:
                raise InputError(
                    f"{place}: found the times {start!r} and {end!r}, expected numbers of seconds"
                ) from None
            if times["end_s"] == -1:  # to the end of the recording
                del times["end_s"]
            return {"recording": recording, **times, **({"channel": channel[0]} if channel else {})}
    raise InputError(f"{place}: found {segment!r} after the utterance; expected a recording, its start and its end")


def _find_recording(folder: Path, name: str, place: str) -> Path:
    if name.endswith("|") or name == "-":
        raise InputError(
            f"{place}: found the command {name!r}, which is not run; write its output to a file and give its path"
        )
    if not name:
        raise InputError(f"{place}: no path follows the name of the recording")
    file, colon, offset = name.rpartition(":")
    if colon and offset.isdecimal() and not os.path.exists(folder / name):
        raise InputError(f"{place}: found a part of the archive {file!r}; give the path of a sound file")
    return find_upwards(folder, name)
