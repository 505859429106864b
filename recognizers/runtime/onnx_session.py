"""Reads the file of a network, and starts to compute it with ONNX Runtime."""

import hashlib
from pathlib import Path
from typing import Any

from data_prep.errors import InputError

#: The largest size of an ONNX file.
MAX_BYTES = 2**31


def start_session(path: Path, content: bytes, num_threads: int | None) -> Any:
    """Start computing a network whose file has been read; `num_threads` None is one for each core.

    Raises:
        InputError: ONNX Runtime cannot load it.
    """
    import onnxruntime as runtime  # slow to import

    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = num_threads or 0, 1  # 0: one thread per core
    # Idle threads leave the cores to other processes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # errors are raised as exceptions, so they need no log
    try:
        # Load from memory: given a path, ONNX Runtime would also read other files that the network names.
        return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # several undocumented types
        raise InputError(f"{path}: not a network that ONNX Runtime can load ({error}); export it again") from None


def read_checked(path: Path, sha256: str | None) -> bytes:
    """Read a network's file, and compare its checksum, unless that is None; raises InputError if it differs."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; export it again")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: {path.stat().st_size} bytes; a network may have at most {MAX_BYTES}")
    content = path.read_bytes()
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(f"{path}: differs from the exported file (wrong SHA-256); copy or export it again")
    return content
