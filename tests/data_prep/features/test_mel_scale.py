import numpy as np
import pytest
import torchaudio

from data_prep.features.mel_scale import hz_to_mel, mel_filters, mel_to_hz


def test_mel_and_hz_are_inverse() -> None:
    assert hz_to_mel(700.0) == pytest.approx(2595 * np.log10(2))
    frequencies_hz = np.array([0.0, 20.0, 440.0, 8000.0])
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(frequencies_hz)), frequencies_hz, atol=1e-9)


@pytest.mark.parametrize(("frequencies", "bands", "rate_hz"), [(257, 80, 16_000), (129, 26, 8000), (513, 64, 22_050)])
def test_filters_equal_torchaudios(frequencies: int, bands: int, rate_hz: int) -> None:
    expected = torchaudio.functional.melscale_fbanks(frequencies, 20.0, rate_hz / 2, bands, rate_hz)
    np.testing.assert_allclose(mel_filters(frequencies, bands, rate_hz), expected, rtol=0, atol=2e-4)
