"""What a device gives to an exported network, and how a signal becomes that; without torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from data_prep.errors import InputError
from data_prep.features.as_is import AsIs
from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import AXES, HANDS, IMAGE, LANDMARKS, WORLD
from data_prep.features.mfcc import Mfcc


@dataclass(frozen=True)
class NetworkInput:
    """One input of a network.

    Attributes:
        name: Its name in the network.
        type: The type of its elements.
        shape: Its dimensions; a name stands for any size, the same wherever it occurs.
        meaning: What it holds, with units, in a sentence for whoever calls the network.
    """

    name: str
    type: Literal["float32", "int64"]
    shape: tuple[str | int, ...]
    meaning: str


class DeviceInput(Protocol):
    """What a network with a kind of features takes: a frozen dataclass made from the extractor's settings."""

    #: What the device has, in one word; it names the network's files.
    source: ClassVar[str]
    #: The network's inputs, in their order.
    inputs: ClassVar[tuple[NetworkInput, ...]]

    def arrays(self, signal: Signal) -> dict[str, np.ndarray]:
        """Make the network's inputs from a signal, by name."""
        ...

    def details(self) -> dict[str, Any]:
        """What else a caller must know to prepare the inputs, for the description."""
        ...

    def noise(self, rng: np.random.Generator, length: int) -> Signal:
        """Make a random signal of a number of samples, pictures or rows, to check a network on."""
        ...


@dataclass(frozen=True)
class WaveformInput:
    """The samples of a clip.

    Attributes:
        settings: The extractor.
    """

    settings: Mfcc
    source: ClassVar[str] = "waveform"
    inputs: ClassVar[tuple[NetworkInput, ...]] = (
        NetworkInput(
            "waveform",
            "float32",
            ("samples",),
            "Samples of one channel at sample_rate_hz, with a full scale of 1 (16-bit samples divided by 32768). Sound "
            "at another rate must be resampled before; the mean of two channels is taken if both hold the same voice.",
        ),
    )

    def arrays(self, signal: Signal) -> dict[str, np.ndarray]:
        """(T,) int16 -> the waveform."""
        return {"waveform": signal.values.astype(np.float32) / np.float32(32768)}

    def details(self) -> dict[str, Any]:
        """The sample rate, which the caller must provide."""
        return {"sample_rate_hz": self.settings.sample_rate_hz}

    def noise(self, rng: np.random.Generator, length: int) -> Signal:
        """White noise, with silence in the middle."""
        samples = np.clip(3000 * rng.standard_normal(length), -32768, 32767).astype(np.int16)
        samples[length // 3 : length // 2] = 0
        return Signal(samples, self.settings.sample_rate_hz)


@dataclass(frozen=True)
class LandmarkInput:
    """The hands in the pictures of a clip, as MediaPipe's HandLandmarker gives them.

    Attributes:
        settings: The extractor.

    Raises:
        InputError: The extractor needs the body.
    """

    settings: HandKeypoints
    source: ClassVar[str] = "landmarks"
    inputs: ClassVar[tuple[NetworkInput, ...]] = (
        NetworkInput(
            "image_landmarks",
            "float32",
            ("pictures", HANDS, LANDMARKS, AXES),
            "For each picture and hand, x, y and z of MediaPipe's 21 landmarks as shares of the picture: x of its "
            "width from the left, y of its height from the top, z of its width away from the viewer. A hand must keep "
            "its place, first or second, from picture to picture. Values of an absent hand are ignored.",
        ),
        NetworkInput(
            "world_landmarks",
            "float32",
            ("pictures", HANDS, LANDMARKS, AXES),
            "The same landmarks in metres from the middle of the hand, MediaPipe's worldLandmarks. Without them give "
            "the image landmarks, all in one unit, less the mean of the hand's 21.",
        ),
        NetworkInput("presence", "float32", ("pictures", HANDS), "1 where the hand was found, 0 where it is absent."),
        NetworkInput(
            "times_ns",
            "int64",
            ("pictures",),
            "Time of each picture in nanoseconds, rising, from any beginning. Pictures may be unevenly spaced.",
        ),
        NetworkInput(
            "aspect_ratio",
            "float32",
            (1,),
            "Width of the pictures divided by their height; 1 if x, y and z are in the same unit already.",
        ),
    )

    def __post_init__(self) -> None:
        if self.settings.tracker.pose_model is not None:
            raise InputError(
                "features.tracker.pose_model: features of the body cannot be computed inside an exported network yet; "
                "export with features_inside=false, or train with features.tracker.pose_model=null"
            )

    def arrays(self, signal: Signal) -> dict[str, np.ndarray]:
        """(T, 2, 2, 21, 3), NaN where a hand is absent -> the network's inputs."""
        present = ~np.isnan(signal.values[:, :, IMAGE, 0, 0])  # (T, 2)
        values = np.where(present[:, :, None, None, None], signal.values, np.float32(0))
        return {
            "image_landmarks": np.ascontiguousarray(values[:, :, IMAGE]),
            "world_landmarks": np.ascontiguousarray(values[:, :, WORLD]),
            "presence": present.astype(np.float32),
            "times_ns": np.rint(np.arange(len(values)) * (1e9 / signal.rate_hz)).astype(np.int64),
            "aspect_ratio": np.ones(1, np.float32),
        }

    def details(self) -> dict[str, Any]:
        """How hands were found in training."""
        tracker = self.settings.tracker
        return {
            "hands": self.settings.num_hands,
            "tracker": {
                "model": "MediaPipe HandLandmarker",
                "num_hands": HANDS,
                "min_confidence": tracker.min_confidence,
                "upscale": tracker.upscale,
                "border": tracker.border,
            },
        }

    def noise(self, rng: np.random.Generator, length: int) -> Signal:
        """Two hands of random shapes that swing and tremble, each absent now and then."""
        values = np.tile(0.05 * rng.standard_normal((HANDS, 1, LANDMARKS, AXES)), (length, 1, 2, 1, 1))
        swing = 0.2 * np.sin(0.2 * np.arange(length)[:, None] + rng.uniform(0, 6, HANDS))  # (T, 2)
        values[:, :, IMAGE] += 0.5 + swing[:, :, None, None] + 0.002 * rng.standard_normal(values[:, :, IMAGE].shape)
        seen = rng.random((length, HANDS)) < 0.8
        seen[0] = True
        values[~seen] = np.nan
        return Signal(values.astype(np.float32), 30.0)


@dataclass(frozen=True)
class SeriesInput:
    """The numbers of a clip.

    Attributes:
        settings: The extractor.
    """

    settings: AsIs
    source: ClassVar[str] = "series"
    inputs: ClassVar[tuple[NetworkInput, ...]] = (
        NetworkInput(
            "series", "float32", ("rows", "columns"), "The numbers of the clip, a row for each point in time."
        ),
    )

    def arrays(self, signal: Signal) -> dict[str, np.ndarray]:
        """(T, F) -> the series."""
        return {"series": signal.values}

    def details(self) -> dict[str, Any]:
        """The number of columns."""
        return {"columns": self.settings.num_features}

    def noise(self, rng: np.random.Generator, length: int) -> Signal:
        """White noise."""
        values = rng.standard_normal((length, self.settings.num_features), np.float32)
        return Signal(values, self.settings.frame_rate_hz)


#: For each extractor, what a network takes that computes its features.
DEVICE_INPUTS: Mapping[type, type[WaveformInput] | type[LandmarkInput] | type[SeriesInput]] = {
    Mfcc: WaveformInput,
    HandKeypoints: LandmarkInput,
    AsIs: SeriesInput,
}


def device_input_for(extractor: FeatureExtractor) -> DeviceInput:
    """Say what a network takes that computes an extractor's features.

    Raises:
        InputError: These features cannot be computed inside a network; the message names the setting.
    """
    for kind, device_input in DEVICE_INPUTS.items():
        if type(extractor) is kind:
            return device_input(extractor)  # type: ignore[arg-type]
    raise InputError(
        f"features={type(extractor).__name__}: cannot be computed inside an exported network; expected "
        f"{', '.join(kind.__name__ for kind in DEVICE_INPUTS)}; export with features_inside=false"
    )
