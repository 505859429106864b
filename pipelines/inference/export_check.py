"""The clips on which exported networks are compared with the bundle."""

import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Frames, Signal
from data_prep.manifest import read_manifest
from data_prep.workers.guarded_map import guarded_call
from recognizers.bundle.weights import Bundle
from recognizers.inference.predictor import Predictor
from recognizers.runtime.features_inside.inputs import DeviceInput
from recognizers.runtime.torch_network import TorchNetwork

log = logging.getLogger(__name__)

#: Number of clips on which the exported networks are compared with the bundle.
CHECK_CLIPS = 16
#: The beginning of longer clips is enough.
LONGEST_S = 30.0
#: Most samples, pictures or rows of a clip of noise, and the same in seconds for sound.
NOISE_LENGTH, NOISE_S = 300, 3.0


@dataclass(frozen=True)
class CheckClips:
    """Clips for the comparison.

    Attributes:
        signals: Their signals; none if they are noise for features that no network computes.
        frames: Their features.
        are_real: Whether they are clips of the run, or noise.
    """

    signals: list[Signal]
    frames: list[Frames]
    are_real: bool


@dataclass(frozen=True)
class Expected:
    """What the bundle makes of the clips, one by one.

    Attributes:
        emissions: Log-probabilities, (T', C) or (C,) for each clip.
        texts: The text or label of each clip.
    """

    emissions: list[np.ndarray]
    texts: list[str]


def expected_of(bundle: Bundle, clips: Sequence[Frames]) -> Expected:
    """Recognise the clips with the bundle's own network, which computes each of them once."""
    interpreter = bundle.interpreter
    predictor = Predictor(bundle.extractor, TorchNetwork(bundle.encoder, bundle.head), interpreter)
    emissions = predictor.emissions(clips, batch_size=1)
    predictions = [interpreter.predictions(each[None], np.array([len(each)]))[0] for each in emissions]
    return Expected(emissions, [prediction.text for prediction in predictions])


def check_clips(manifest: Path, extractor: FeatureExtractor, device_input: DeviceInput | None) -> CheckClips:
    """Read some of the run's clips or, if none can be read, make noise.

    Args:
        manifest: The run's manifest, which may be missing.
        extractor: The recognizer's.
        device_input: What networks with features inside take; None without such networks.
    """
    signals = list(_real_signals(manifest, extractor)) if manifest.is_file() else []
    if signals:
        return CheckClips(signals, [extractor.frames(signal) for signal in signals], True)
    log.warning("none of the run's clips can be read; the exported networks are checked on noise")
    rng = np.random.default_rng(0)
    if device_input is None:
        shapes = [(length, extractor.num_features) for length in rng.integers(1, NOISE_LENGTH, size=CHECK_CLIPS)]
        frames = [Frames(rng.standard_normal(shape, np.float32), extractor.frame_rate_hz) for shape in shapes]
        return CheckClips([], frames, False)
    # A waveform has many samples for each frame.
    longest = round(NOISE_S * rate) if (rate := device_input.noise(rng, 1).rate_hz) >= 1000 else NOISE_LENGTH
    signals = [device_input.noise(rng, int(length)) for length in rng.integers(1, longest, size=CHECK_CLIPS)]
    return CheckClips(signals, [extractor.frames(signal) for signal in signals], False)


def _real_signals(manifest: Path, extractor: FeatureExtractor) -> Iterator[Signal]:
    """Yield the signals of up to `CHECK_CLIPS` of the run's clips, each at most `LONGEST_S` long."""
    try:
        rows = list(read_manifest(manifest))
        random.Random(0).shuffle(rows)
        rows = rows[: 2 * CHECK_CLIPS]
        extractor.get_ready([row.media for row in rows])
    except InputError as error:
        log.warning("the run's clips cannot be read: %s", error)
        return
    found = 0
    for row in rows:
        _, signal = guarded_call(extractor.signal, (row.id, row.media))
        if isinstance(signal, Signal):
            found += 1
            yield Signal(signal.values[: max(1, round(LONGEST_S * signal.rate_hz))], signal.rate_hz)
        if found == CHECK_CLIPS:
            return
