"""The settings of ``live``."""

from dataclasses import dataclass, field
from typing import Any

from pipelines.cli.setting_checks import check_choice, check_value

#: Settings that are those of `recognizers.StreamSettings`, which checks them.
OF_THE_STREAM = (
    *("incremental", "voice_activity", "pause_s", "partial_every_s"),
    *("window_s", "threshold", "refractory_s"),
)


@dataclass
class LiveConfig:
    """Settings of ``python -m pipelines.live``.

    Attributes:
        model: Run directory, bundle or exported recognizer.
        models: Several, which answer as one; instead of `model`.
        input: A file to recognise as if it were recorded now; None for the microphone or the camera.
        pace: How many times as fast as recorded a file is given; 0 for as fast as possible.
        device: Number or name of the microphone, or number of the camera; None for the first one.
        runtime: "torch", "onnx" or "onnx_int8".
        num_threads: Threads that the network may use; None for the runtime's own choice.
        chunk_s: Duration of the chunks of sound.
        pictures_hz: Pictures of the camera or the video a second; None for 15 of a camera and 30 of a video.
        max_s: Seconds after which the command ends; None for never.
        incremental: Whether to compute each frame once; None to do so where the recognizer can.
        voice_activity: How speech is found: "silero" also in noise; "energy" takes any sound for speech.
        pause_s: The pause in the speech that ends an utterance.
        partial_every_s: How often what is being said or signed is recognised anew; None for never.
        window_s: Keywords: the window that slides over the sound.
        threshold: Keywords: the probability from which on a label counts.
        refractory_s: Keywords: how long after one none counts.
        ignored: Keywords: labels that never count.
    """

    model: str | None = None
    models: Any = None
    input: str | None = None
    pace: float = 1.0
    device: Any = None
    runtime: str = "torch"
    num_threads: int | None = 1
    chunk_s: float = 0.1
    pictures_hz: float | None = None
    max_s: float | None = None
    incremental: bool | None = None
    voice_activity: str = "silero"
    pause_s: float = 0.5
    partial_every_s: float | None = 0.5
    window_s: float = 1.0
    threshold: float = 0.85
    refractory_s: float = 1.0
    ignored: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_value("pace", 0 <= self.pace <= 100, "from 0 to 100", self.pace)
        check_value("chunk_s", 0.01 <= self.chunk_s <= 10, "from 0.01 to 10", self.chunk_s)
        check_value(
            "pictures_hz", self.pictures_hz is None or 1 <= self.pictures_hz <= 120, "from 1 to 120", self.pictures_hz
        )
        check_value("max_s", self.max_s is None or self.max_s > 0, "above 0", self.max_s)
        check_value("num_threads", self.num_threads is None or self.num_threads >= 1, "at least 1", self.num_threads)
        check_choice("runtime", self.runtime, ("torch", "onnx", "onnx_int8"))
        is_device = self.device is None or isinstance(self.device, int | str)
        check_value("device", is_device, "a number or a name", self.device)

    def stream_settings(self) -> dict[str, Any]:
        """Return the settings of the stream."""
        return {name: getattr(self, name) for name in OF_THE_STREAM} | {"ignored": tuple(self.ignored)}
