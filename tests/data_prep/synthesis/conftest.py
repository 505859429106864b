"""A short signed video, and a reader of such videos."""

from pathlib import Path

import av
import numpy as np

from data_prep.synthesis.sign_video import FRAME_RATE_HZ, Key

SHORT = (Key("fist", hold_s=0.1), Key("open", hold_s=0.1, transition_s=0.2))


def frames_in(path: Path) -> list[np.ndarray]:
    """Decode the frames of a demo video."""
    with av.open(path) as container:
        assert container.streams.video[0].average_rate == FRAME_RATE_HZ
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
