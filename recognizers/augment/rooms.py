"""Rooms: reverberation by random or measured impulse responses.

A random room is a shoebox with a speaker and a microphone in it. The direct sound and the early reflections are those
of mirror images of the speaker (Allen & Berkley, "Image method for efficiently simulating small-room acoustics", 1979).
The dense tail that follows is Gaussian noise that decays exponentially, by 60 dB in the reverberation time, which
replaces the hundreds of thousands of later images at hardly any cost (Lehmann & Johansson, "Diffuse reverberation model
for efficient image-source simulation of room impulse responses", 2010). Recognizers trained with simulated rooms are as
good as with measured ones (Ko et al., "A study on data augmentation of reverberant speech for robust speech
recognition", 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import soxr

from recognizers.augment.sound_files import find_sound_files, read_sound_file
from recognizers.augment.waveform import convolve

SOUND_M_S = 343.0
#: Least and greatest length, width and height of a room in metres.
ROOM_M = ((3.0, 3.0, 2.4), (9.0, 7.0, 3.6))
#: Least distance of speaker and microphone from the walls, and their distance from each other, in metres.
WALL_M, DISTANCE_M = 0.4, (0.3, 2.5)
#: Reflections that arrive later than this after the direct sound belong to the tail.
EARLY_S = 0.04
#: The level of the tail is that of the last reflections before it, over this time.
JOINT_S = 0.015
#: Images are computed up to this many times two rooms away along each axis, enough for `EARLY_S` in the smallest room.
IMAGES = 3
#: Least and greatest share of energy that walls absorb.
ABSORPTION = (0.02, 0.95)
#: A measured response is cut where this share of its energy is left, and after `MAX_RESPONSE_S` at the latest.
LEFT_ENERGY, MAX_RESPONSE_S = 1e-6, 2.0
#: The direct sound of a measured response is its first sample that has this share of the largest amplitude.
DIRECT_SHARE = 0.5
#: So much before that sample is kept, in seconds, because the direct sound takes a moment to rise.
RISE_S = 0.0005


@dataclass(frozen=True)
class RoomFiles:
    """Measured impulse responses of rooms.

    It can be pickled, as `NoiseFiles` can.

    Attributes:
        paths: Sound files, each with one response.
    """

    paths: tuple[Path, ...]

    @classmethod
    def find(cls, names: str | Sequence[str]) -> "RoomFiles":
        """Find and read the files of `augment.room_files`; see `find_sound_files`, also for errors."""
        return cls(find_sound_files(names, "augment.room_files"))

    def draw(self, rate_hz: float, rng: np.random.Generator) -> tuple[np.ndarray, Path]:
        """Return a random response (L,) float32 that begins with the rise of the direct sound, and its file.

        Args:
            rate_hz: Samples per second; the file may have any other rate.
            rng: Source of randomness.

        Raises:
            MediaError: The file has become unreadable since it was found.
        """
        path = self.paths[int(rng.integers(len(self.paths)))]
        samples, file_rate_hz = read_sound_file(path)
        # The resampler rounds off what is close to an edge, hence the generous first cut.
        response = trim_response(samples.astype(np.float32), file_rate_hz, 50 * RISE_S)
        if file_rate_hz != rate_hz:
            response = soxr.resample(response, file_rate_hz, rate_hz, quality="MQ")
        return trim_response(response, rate_hz), path


def trim_response(response: np.ndarray, rate_hz: float, rise_s: float = RISE_S) -> np.ndarray:
    """Cut what comes before the direct sound of an impulse response (L,), and an end that cannot be heard.

    The direct sound is found by its height, because measured responses begin with silence and noise. It is then at
    `rise_s`, or where it was if that is earlier.
    """
    height = np.abs(response)
    direct = int(np.argmax(height >= DIRECT_SHARE * height.max()))
    response = response[max(0, direct - round(rise_s * rate_hz)) :][: int(MAX_RESPONSE_S * rate_hz)]
    left = np.cumsum(response[::-1].astype(np.float64) ** 2)[::-1]
    return response[: max(1, int(np.count_nonzero(left > LEFT_ENERGY * left[0])))]


def random_room(rate_hz: float, rt60_s: float, rng: np.random.Generator) -> np.ndarray:
    """Make the impulse response of a random room; see the module's description.

    Args:
        rate_hz: Samples per second.
        rt60_s: Reverberation time, in which the level decays by 60 dB, in seconds.
        rng: Source of randomness: the room's size and the places of speaker and microphone.

    Returns:
        (L,) float32; the first sample is the direct sound, whose amplitude is 1.
    """
    size = rng.uniform(*ROOM_M)
    microphone = rng.uniform(WALL_M, size - WALL_M)
    direction = rng.standard_normal(3)
    speaker = microphone + direction / np.linalg.norm(direction) * rng.uniform(*DISTANCE_M)
    speaker = np.clip(speaker, WALL_M, size - WALL_M)
    response = np.zeros(max(1, int(rt60_s * rate_hz)) + int(EARLY_S * rate_hz), np.float32)
    delays_s, gains = _early_reflections(size, speaker, microphone, rt60_s)
    np.add.at(response, np.rint(delays_s * rate_hz).astype(int), gains)
    first = int(EARLY_S * rate_hz)
    joint = response[first - max(1, int(JOINT_S * rate_hz)) : first]
    decay = 10 ** (-3 * np.arange(len(response) - first) / (rt60_s * rate_hz))
    # The reflections before the tail are louder than its beginning by half the decay over the time they are taken from.
    level = np.sqrt(np.mean(joint**2)) * 10 ** (-3 * JOINT_S / 2 / rt60_s)
    response[first:] = level * decay * rng.standard_normal(len(decay), np.float32)
    return response


def _early_reflections(
    size: np.ndarray, speaker: np.ndarray, microphone: np.ndarray, rt60_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return delays after the direct sound in seconds, below `EARLY_S`, and gains relative to it; both (images,).

    Args:
        size: (3,), length, width and height of the room in metres.
        speaker: (3,), its place in the room.
        microphone: (3,), its place in the room.
        rt60_s: Reverberation time, which says how much the walls absorb (Sabine's formula).
    """
    surface = 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    absorbed = np.clip(24 * np.log(10) / SOUND_M_S * np.prod(size) / (surface * rt60_s), *ABSORPTION)
    order, mirrored = _IMAGES
    places = (1 - 2 * mirrored) * speaker + 2 * order * size  # (images, 3)
    distances = np.maximum(np.linalg.norm(places - microphone, axis=1), 0.1)
    walls = np.abs(2 * order - mirrored).sum(axis=1)  # the number of walls that reflected each image
    direct = max(float(np.linalg.norm(speaker - microphone)), 0.1)
    delays_s = (distances - direct) / SOUND_M_S
    gains = np.sqrt(1 - absorbed) ** walls * direct / distances
    early = (delays_s >= 0) & (delays_s < EARLY_S - 1e-4)
    return delays_s[early], gains[early]


def _image_grid() -> tuple[np.ndarray, np.ndarray]:
    """Return the number of room lengths to each image and whether it is mirrored, for each axis: both (images, 3)."""
    steps = list(product(range(-IMAGES, IMAGES + 1), repeat=3))
    mirrors = list(product((0, 1), repeat=3))
    return np.repeat(steps, len(mirrors), axis=0), np.tile(mirrors, (len(steps), 1))


_IMAGES = _image_grid()


def reverberate(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Let a clip sound in a room; length, level and the times of words stay as they are.

    Args:
        samples: (T,) float32.
        response: (L,) float32, an impulse response that begins with the direct sound or its rise.

    Returns:
        (T,) float32; the reverberation after the end of the clip is cut off.
    """
    wet = convolve(samples, response)
    level, before = (float(np.sqrt(np.mean(each.astype(np.float64) ** 2))) for each in (wet, samples))
    return wet * np.float32(before / level) if level > 0 else samples
