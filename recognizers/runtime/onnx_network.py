"""Networks computed by ONNX Runtime, without torch."""

import json
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from recognizers.bundle.layout import NETWORK_NAMES, RECORD_NAME, folder_of
from recognizers.bundle.spec import SPEC_NAME, read_spec
from recognizers.instantiate import instantiate
from recognizers.interpreter import Interpreter
from recognizers.runtime.onnx_session import read_checked, start_session
from recognizers.runtime.stepwise.onnx_steps import OnnxSteps, has_steps

INPUTS, OUTPUTS = ("frames", "frame_lengths"), ("log_probs", "lengths")


class OnnxNetwork:
    """Computes a network in an ONNX file.

    The file is data: it consists of ONNX's own operators and cannot make the runtime read another file. Its inputs and
    outputs are checked before anything is computed.

    Args:
        path: The file.
        num_features: Width F of the frames that the network must take.
        num_ids: Width C of the log-probabilities that the network must give.
        subsampling: Number of frames per encoded frame, which the file does not state.
        num_threads: Number of threads; None for one per core.
        sha256: Expected checksum of the file in hexadecimal digits; None to skip the check.
        one_by_one: Whether to compute each clip of a batch alone. An int8 network rounds the values of a batch to steps
            that depend on all of them, so a clip's result would depend on the other clips.

    Raises:
        InputError: ONNX Runtime or the file is missing, or the file is damaged or belongs to another recognizer.
    """

    def __init__(
        self,
        path: Path,
        num_features: int,
        num_ids: int,
        subsampling: int,
        num_threads: int | None,
        sha256: str | None = None,
        one_by_one: bool = False,
    ) -> None:
        self.path = path
        self.num_ids = num_ids
        self.one_by_one = one_by_one
        self.subsampling = subsampling
        self._num_threads = num_threads
        self._session = start_session(path, read_checked(path, sha256), num_threads)
        self._check_interface(num_features, num_ids)

    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, T, F) float32, (N,) int64 -> log-probabilities (N, T', C) or (N, C), and (N,) numbers of encoded frames.

        Raises:
            InputError: The network cannot be computed, or its outputs are invalid.
        """
        if not self.one_by_one or len(lengths) == 1:
            return self._run(frames, lengths)
        results = [self._run(frames[[i], :length], lengths[[i]]) for i, length in enumerate(lengths.tolist())]
        emissions = [log_probs[0] for log_probs, _ in results]
        padded = np.zeros((len(results), *np.max([each.shape for each in emissions], axis=0)), np.float32)
        for row, each in zip(padded, emissions, strict=True):
            row[: len(each)] = each
        return padded, np.concatenate([encoded_lengths for _, encoded_lengths in results])

    def steps(self, extractor: FeatureExtractor) -> OnnxSteps | list[str]:
        """Return the exported network for streaming, or the reason why there is none.

        Raises:
            InputError: It is damaged.
        """
        if self.one_by_one:
            return ["runtime=onnx_int8 rounds values by steps that depend on the chunk; give runtime=onnx"]
        if not has_steps(self.path.parent):
            return [
                f"{self.path.parent} holds no network for streaming: it was exported by an earlier version, or from a "
                "recognizer that needs whole clips; python -m pipelines.export says why, or writes it"
            ]
        return OnnxSteps(self.path.parent, self.subsampling, self.num_ids, self._num_threads)

    def _run(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        try:
            log_probs, encoded_lengths = self._session.run(OUTPUTS, dict(zip(INPUTS, (frames, lengths), strict=True)))
        except Exception as error:
            raise InputError(f"{self.path}: cannot be computed ({error}); export it again") from None
        self._check_outputs(log_probs, encoded_lengths, len(lengths))
        return log_probs, encoded_lengths

    def _check_outputs(self, log_probs: np.ndarray, lengths: np.ndarray, clips: int) -> None:
        if (
            log_probs.ndim not in (2, 3)
            or (len(log_probs), log_probs.shape[-1], lengths.shape) != (clips, self.num_ids, (clips,))
            or (log_probs.ndim == 3 and not ((lengths > 0) & (lengths <= log_probs.shape[1])).all())
            or not np.isfinite(log_probs).all()
        ):
            raise InputError(
                f"{self.path}: gave outputs {log_probs.shape} and {lengths.shape} for {clips} clips, or values that "
                "are not finite; export it again"
            )

    def _check_interface(self, num_features: int, num_ids: int) -> None:
        found = [
            (each.name, each.type, each.shape) for each in (*self._session.get_inputs(), *self._session.get_outputs())
        ]
        names = [name for name, _, _ in found]
        kinds = [kind for _, kind, _ in found]
        widths = [shape[-1] if shape else None for _, _, shape in found]
        if (
            names != [*INPUTS, *OUTPUTS]
            or kinds != ["tensor(float)", "tensor(int64)"] * 2
            or (widths[0], widths[2]) != (num_features, num_ids)
        ):
            raise InputError(
                f"{self.path}: does not belong to this recognizer; expected a network with {num_features} features and "
                f"{num_ids} log-probabilities; found {found}; export it again"
            )


def load_exported(
    path: Path, runtime: str, num_threads: int | None
) -> tuple[FeatureExtractor, OnnxNetwork, Interpreter]:
    """Read an exported recognizer.

    Args:
        path: Its folder, or the run directory that contains it.
        runtime: "onnx" or "onnx_int8".
        num_threads: Number of threads; None for one per core.

    Raises:
        InputError: There is no exported recognizer, or it is damaged, or ONNX Runtime is missing.
    """
    folder = folder_of(path, runtime)
    if not (folder / SPEC_NAME).is_file() or not (folder / RECORD_NAME).is_file():
        raise InputError(
            f"model={path}: found no exported recognizer in it; make one with python -m pipelines.export model={path}"
        )
    spec = read_spec(folder / SPEC_NAME)
    try:
        extractor, interpreter = instantiate(spec.features), spec.build_interpreter()
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{folder / SPEC_NAME}: does not describe a recognizer of this version ({error}); export it again"
        ) from None
    name = NETWORK_NAMES[runtime]
    checksums, subsampling = _read_record(folder / RECORD_NAME)
    if runtime == "onnx_int8" and name not in checksums:
        raise InputError(f"model={path}: has no int8 network, which only LSTMs can have; give runtime=onnx")
    if name not in checksums and NETWORK_NAMES["onnx_int8"] in checksums:
        raise InputError(f"model={path}: has an int8 network only; give runtime=onnx_int8")
    widths = (extractor.num_features, spec.vocabulary.num_ids)
    network = OnnxNetwork(
        folder / name, *widths, subsampling, num_threads, checksums.get(name, "unknown"), runtime == "onnx_int8"
    )
    return extractor, network, interpreter


def _read_record(path: Path) -> tuple[dict[str, str], int]:
    """Read the checksum of each network, and the number of frames per encoded frame."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        subsampling = record["subsampling"]
        if not isinstance(subsampling, int) or subsampling < 1:
            raise ValueError(f"subsampling is {subsampling!r}")
        return {str(name): str(about["sha256"]) for name, about in record["networks"].items()}, subsampling
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: not a record of an export ({type(error).__name__}: {error}); export it again"
        ) from None
