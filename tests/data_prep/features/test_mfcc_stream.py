import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from data_prep.features.mfcc_stream import MfccStream, SampleWindows, lookahead_s

SMALL = {"sample_rate_hz": 8000, "num_coefficients": 13, "num_mels": 26, "cmvn": "none"}


def noise(length: int) -> np.ndarray:
    return (3000 * np.random.default_rng(length).standard_normal(length)).astype(np.int16)


def streamed(extractor: Mfcc, samples: np.ndarray, cuts: list[int]) -> np.ndarray:
    stream = MfccStream(extractor)
    parts = [stream.add(chunk) for chunk in np.split(samples, sorted(cuts))]
    return np.concatenate([*parts, stream.finish()])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_equals_the_whole_clip_however_it_is_cut(data: st.DataObject) -> None:
    extractor = Mfcc(
        **SMALL,
        deltas=data.draw(st.integers(0, 2)),
        window_ms=data.draw(st.sampled_from([25.0, 25.125, 10.0, 10.125])),
        kind=data.draw(st.sampled_from(["mfcc", "filterbank"])),
    )
    samples = noise(data.draw(st.one_of(st.integers(1, 600), st.integers(600, 4000))))
    cuts = data.draw(st.lists(st.integers(0, len(samples)), max_size=30))
    expected = extractor.frames(Signal(samples, 8000)).values
    found = streamed(extractor, samples, cuts)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-4)  # of values up to 100


def test_one_sample_at_a_time_keeps_a_few_samples_only() -> None:
    samples, stream = noise(2000), SampleWindows(Mfcc(**SMALL))
    for sample in samples:
        stream.add(sample[None])
    assert stream.num_given == 24
    assert len(stream._held) < 2 * 200 + 80


def test_groups_of_windows() -> None:
    stream = SampleWindows(Mfcc(**SMALL), group=3)
    given_counts = []
    for chunk in np.split(noise(1990), range(70, 1990, 70)):
        stream.add(chunk)
        given_counts.append(stream.num_given)
    assert all(count % 3 == 0 for count in given_counts)
    stream.finish()
    assert stream.num_given == 25


@pytest.mark.parametrize(
    ("setting", "value"), [("cmvn", "mean"), ("cmvn", "mean_variance"), ("dynamic_range_db", 80.0)]
)
def test_settings_that_need_the_whole_clip_are_refused(setting: str, value: object) -> None:
    with pytest.raises(InputError, match=f"features.{setting}=.*; set features.{setting}="):
        MfccStream(Mfcc(**SMALL | {setting: value}))


def test_lookahead() -> None:
    assert lookahead_s(Mfcc(**SMALL)) == pytest.approx(0.0125)
    assert lookahead_s(Mfcc(**SMALL, deltas=2)) == pytest.approx(0.0525)
