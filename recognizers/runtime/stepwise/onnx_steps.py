"""Steps computed by ONNX Runtime from an exported network for streaming; without torch."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep.errors import InputError
from recognizers.runtime.onnx_session import read_checked, start_session
from recognizers.runtime.stepwise.description import DESCRIPTION_NAME, FORMAT, LOG_PROBS, NETWORK_NAME, NEXT, NUM_FRAMES

#: More values in a state, or more states, are not a network of ours.
MAX_STATE_SIZE, MAX_STATES = 10_000_000, 3


class OnnxSteps:
    """An exported network for streaming; a `StepNetwork`.

    Args:
        folder: The export.
        subsampling: Frames for each row of log-probabilities that the recognizer has.
        num_ids: Width C of the log-probabilities that it gives.
        num_threads: Number of threads; None for one per core.

    Raises:
        InputError: The folder holds no such network, or it is damaged or belongs to another recognizer.
    """

    source: Literal["frames", "waveform"]

    def __init__(self, folder: Path, subsampling: int, num_ids: int, num_threads: int | None) -> None:
        self._path = folder / NETWORK_NAME
        self.subsampling, self.num_ids = subsampling, num_ids
        self.source, self._shapes, sha256 = _read_description(folder / DESCRIPTION_NAME)
        self._session = start_session(self._path, read_checked(self._path, sha256), num_threads)
        self._check_interface()

    def begin(self) -> list[np.ndarray]:
        """Return the states before the first step."""
        return [np.zeros(shape, np.float32) for shape in self._shapes.values()]

    def step(
        self, values: np.ndarray, num_frames: int, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Compute a step; see `StepNetwork`.

        Raises:
            InputError: The network cannot be computed, or its outputs are invalid.
        """
        values = values[None] if self.source == "frames" else values
        inputs = [values.astype(np.float32), np.array([num_frames], np.int64), *states]
        names = [self.source, NUM_FRAMES, *self._shapes]
        try:
            log_probs, *after = self._session.run(self._outputs, dict(zip(names, inputs, strict=True)))
        except Exception as error:  # several undocumented types
            raise InputError(f"{self._path}: cannot be computed ({error}); export it again") from None
        expected = (1, -(-num_frames // self.subsampling), self.num_ids)
        if log_probs.shape != expected or not np.isfinite(log_probs).all():
            raise InputError(f"{self._path}: gave log-probabilities {log_probs.shape}, or NaN; export it again")
        return log_probs[0], after

    @property
    def _outputs(self) -> list[str]:
        return [LOG_PROBS, *(NEXT + name for name in self._shapes)]

    def _check_interface(self) -> None:
        found = [each.name for each in (*self._session.get_inputs(), *self._session.get_outputs())]
        shapes = [tuple(each.shape) for each in self._session.get_inputs()[2:]]
        width = (self._session.get_outputs()[0].shape or [None])[-1]
        if (
            found != [self.source, NUM_FRAMES, *self._shapes, *self._outputs]
            or shapes != list(self._shapes.values())
            or width != self.num_ids
        ):
            raise InputError(f"{self._path}: does not belong to this recognizer; found {found}; export it again")


def has_steps(folder: Path) -> bool:
    """Whether an export holds a network for streaming."""
    return (folder / DESCRIPTION_NAME).is_file()


def _read_description(path: Path) -> tuple[Literal["frames", "waveform"], dict[str, tuple[int, ...]], str]:
    """Read what the network takes, the shapes of its states, and its checksum."""
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or document["source"] not in ("frames", "waveform"):
            raise ValueError(f"format {document['format']!r}, source {document['source']!r}")
        states = document["inputs"][2:]
        shapes = {str(each["name"]): tuple(int(size) for size in each["shape"]) for each in states}
        if len(states) > MAX_STATES or any(
            not 0 < np.prod(shape, dtype=float) <= MAX_STATE_SIZE for shape in shapes.values()
        ):
            raise ValueError(f"states {shapes}")
        return document["source"], shapes, str(document["network"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: not the description of a network for streaming ({type(error).__name__}: {error}); export it again"
        ) from None
