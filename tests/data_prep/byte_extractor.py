"""An extractor whose signals are the bytes of files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal, fingerprint
from data_prep.media import Media, MediaError


@dataclass(frozen=True)
class ByteExtractor:
    """Returns the bytes of a file as its signal, and records the names of the files."""

    gain: int = 1
    calls: list[str] = field(default_factory=list, compare=False)

    modality: ClassVar[str] = "audio"
    suffixes: ClassVar[frozenset[str]] = frozenset({".bin"})
    frame_rate_hz: ClassVar[float] = 10.0
    num_features: ClassVar[int] = 1

    def get_ready(self, media: Sequence[Media]) -> None:
        pass

    def signal(self, media: Media) -> Signal:
        assert media.path.suffix == ".bin"
        self.calls.append(media.path.name)
        content = media.path.read_bytes()
        if content == b"bad":
            raise MediaError(f"{media.path}: it is bad")
        if content == b"broken":
            raise IndexError("a bug in a decoder")
        if content == b"no model":
            raise InputError("the model cannot be fetched")
        if content == b"interrupt":
            raise KeyboardInterrupt
        return Signal(np.frombuffer(content, np.uint8) * np.uint8(self.gain), 10.0)

    def frames(self, signal: Signal) -> Frames:
        return Frames(signal.values[:, None].astype(np.float32), 10.0)

    def __call__(self, media: Media) -> Frames:
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        return fingerprint(gain=self.gain)

    def fingerprint(self) -> str:
        return fingerprint(gain=self.gain)
