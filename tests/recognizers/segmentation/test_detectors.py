"""Detectors are chosen by name."""

import pickle

import pytest

from data_prep.errors import InputError
from recognizers.segmentation.detectors import DETECTORS, detector_named


@pytest.mark.parametrize("name", DETECTORS)
def test_a_name_gives_its_detector_which_can_go_to_another_process(name: str) -> None:
    detector = detector_named(name)
    assert type(detector) is DETECTORS[name]
    assert type(pickle.loads(pickle.dumps(detector))) is DETECTORS[name]


def test_an_unknown_name_is_an_error_with_the_nearest_one() -> None:
    expected = "voice_activity must be one of silero, energy; found 'silera'; did you mean 'silero'?"
    with pytest.raises(InputError) as raised:
        detector_named("silera")
    assert str(raised.value) == expected
