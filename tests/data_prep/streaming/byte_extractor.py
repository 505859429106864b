"""An extractor whose signals are the bytes of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from data_prep.features.extractor import Frames, Signal
from data_prep.media import Media, MediaError


@dataclass(frozen=True)
class ByteExtractor:
    """Returns the bytes of a file as its signal."""

    modality: ClassVar[str] = "audio"
    suffixes: ClassVar[frozenset[str]] = frozenset({".bin"})
    frame_rate_hz: ClassVar[float] = 10.0
    num_features: ClassVar[int] = 1

    def get_ready(self, media: Sequence[Media]) -> None:
        pass

    def signal(self, media: Media) -> Signal:
        assert media.path.suffix == ".bin"
        content = media.path.read_bytes()
        if content == b"bad":
            raise MediaError(f"{media.path}: it is bad")
        return Signal(np.frombuffer(content, np.uint8), 10.0)

    def frames(self, signal: Signal) -> Frames:
        return Frames(signal.values[:, None].astype(np.float32), 10.0)

    def __call__(self, media: Media) -> Frames:
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        return "bytes"

    def fingerprint(self) -> str:
        return "bytes"
