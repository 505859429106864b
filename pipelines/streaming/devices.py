"""The microphone and the camera."""

import logging
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data_prep.dependency_groups import require
from data_prep.errors import InputError

log = logging.getLogger(__name__)

#: Chunks that wait while the recognizer is busy; then sound is lost, which is said.
MAX_WAITING = 600
FILE_INSTEAD = "or give input=FILE"


@dataclass
class Microphone:
    """A microphone, at the rate that it has by itself.

    Attributes:
        device: Its number or name, as ``python -m sounddevice`` lists them; None for the system's own.
        chunk_s: Duration of a chunk.
        rate_hz: Samples a second.

    Raises:
        InputError: The package sounddevice, its library or a microphone is missing.
    """

    device: Any
    chunk_s: float
    rate_hz: float = field(init=False)

    def __post_init__(self) -> None:
        require("listening to a microphone", "sounddevice")
        try:
            import sounddevice
        except OSError as error:  # its library is missing
            raise InputError(
                f"sounddevice cannot be loaded ({error}); on Debian, apt-get install libportaudio2; {FILE_INSTEAD}"
            ) from None
        try:
            self.rate_hz = float(sounddevice.query_devices(self.device, "input")["default_samplerate"])
        except (sounddevice.PortAudioError, ValueError) as error:
            raise InputError(
                f"device={self.device}: no such microphone ({error}); python -m sounddevice lists those of this "
                f"machine; {FILE_INSTEAD}"
            ) from None

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield (T,) int16 without an end."""
        import sounddevice

        waiting: queue.Queue[np.ndarray] = queue.Queue(MAX_WAITING)
        lost = 0

        def take(samples: np.ndarray, count: int, times: Any, status: Any) -> None:
            nonlocal lost
            try:
                waiting.put_nowait(samples[:, 0].copy())
            except queue.Full:
                lost += count

        size = round(self.chunk_s * self.rate_hz)
        settings = {"samplerate": self.rate_hz, "blocksize": size, "channels": 1, "dtype": "int16"}
        with sounddevice.InputStream(device=self.device, callback=take, **settings):
            while True:
                yield waiting.get()
                if lost:
                    log.warning("%.1f s of sound were lost: recognition is too slow here", lost / self.rate_hz)
                    lost = 0


@dataclass
class Camera:
    """A camera.

    Attributes:
        device: Its number; None for the first one.
        rate_hz: Pictures a second to give.

    Raises:
        InputError: OpenCV or a camera is missing.
    """

    device: Any
    rate_hz: float

    def __post_init__(self) -> None:
        require("looking through a camera", "cv2")
        import cv2

        self._number = 0 if self.device is None else self.device
        self._camera = cv2.VideoCapture(self._number)
        if not self._camera.isOpened():
            raise InputError(f"device={self._number}: no such camera, or another program uses it; {FILE_INSTEAD}")

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield pictures (height, width, 3) RGB: at each moment the latest one, until the camera is gone."""
        latest: list[np.ndarray | None] = [None]
        is_gone = threading.Event()

        def follow() -> None:
            while not is_gone.is_set():
                is_read, picture = self._camera.read()
                if not is_read:
                    is_gone.set()
                    return
                latest[0] = np.ascontiguousarray(picture[:, :, ::-1])

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            while latest[0] is None and not is_gone.is_set():
                time.sleep(0.01)
            yield from self._at_rate(latest, is_gone)
        finally:
            is_gone.set()
            thread.join(timeout=2.0)
            self._camera.release()

    def _at_rate(self, latest: list[np.ndarray | None], is_gone: threading.Event) -> Iterator[np.ndarray]:
        begin_s, count, was_told = time.monotonic(), 0, False
        while not is_gone.is_set() and latest[0] is not None:
            late_s = time.monotonic() - begin_s - count / self.rate_hz
            if late_s > 1.0 and not was_told:
                possible_hz = max(1, int(count / (time.monotonic() - begin_s)))
                log.warning(
                    "hands are found in %d pictures a second only; give pictures_hz=%d", possible_hz, possible_hz
                )
                was_told = True
            time.sleep(max(0.0, -late_s))
            count += 1
            yield latest[0]
