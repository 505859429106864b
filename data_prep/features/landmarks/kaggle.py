"""The wide tables of Google's fingerspelling competition, of which each holds many sequences.

A row is a frame, with columns such as ``x_left_hand_0``, and ``sequence_id`` names its sequence
(kaggle.com/competitions/asl-fingerspelling, "Data"). The competition's ``train.csv`` is a manifest of them.
"""

from typing import Any

import numpy as np

from data_prep.features.hand_tracker import AXES, HANDS, LANDMARKS
from data_prep.media import Media, MediaError

SEQUENCE = "sequence_id"
#: Columns of landmarks in the order of the hands, landmarks and axes.
COLUMNS = [f"{axis}_{side}_hand_{index}" for side in ("left", "right") for index in range(LANDMARKS) for axis in "xyz"]


def read_wide_parquet(parquet: Any, media: Media) -> np.ndarray | None:
    """Read the hands of one sequence: (T, 2, 21, 3) float32; None if the table has another layout.

    Args:
        parquet: The module `pyarrow.parquet`.
        media: The file; its encoding names the sequence, as in ``landmarks@30#1784060``.

    Raises:
        MediaError: The file holds several sequences and none is named, or it lacks the named one.
    """
    try:
        names = parquet.ParquetFile(media.path).schema_arrow.names
    except Exception:  # the reader of the other layout says what is wrong
        return None
    if not set(COLUMNS) <= set(names):
        return None
    wanted = (media.encoding or "").partition("#")[2]
    if SEQUENCE not in names:
        return _to_hands(parquet.read_table(media.path, columns=COLUMNS))
    sequences = [
        str(each) for each in parquet.read_table(media.path, columns=[SEQUENCE])[SEQUENCE].unique().to_pylist()
    ]
    if not wanted and len(sequences) > 1:
        raise MediaError(
            f"{media.path}: holds {len(sequences)} sequences, such as {sequences[0]}; name one with "
            f"encoding=landmarks@30#{sequences[0]}, or list them in a manifest with a column {SEQUENCE}"
        )
    if wanted and wanted not in sequences:
        raise MediaError(f"{media.path}: holds no sequence {wanted}; found {', '.join(sequences[:5])}, …")
    rows = [(SEQUENCE, "=", int(wanted))] if wanted else None
    return _to_hands(parquet.read_table(media.path, columns=COLUMNS, filters=rows))


def _to_hands(table: Any) -> np.ndarray:
    columns = [table[name].to_numpy(zero_copy_only=False) for name in COLUMNS]
    return np.stack(columns, axis=1).astype(np.float32).reshape(-1, HANDS, LANDMARKS, AXES)
