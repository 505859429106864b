import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="the synthetic voice needs espeak-ng: pip install espeakng-loader")

from data_prep.manifest import SPLITS
from data_prep.synthesis.spoken_corpus import coloured_noise, draw_speakers
from data_prep.synthesis.voice import FEMALE_VARIANTS, MALE_VARIANTS


@pytest.mark.parametrize("seed", range(5))
def test_no_family_of_variants_is_in_two_splits(seed: int) -> None:
    speakers = draw_speakers(seed, {"train": 120, "validation": 20, "test": 40})
    names = [voice.name for split in SPLITS for voice in speakers[split]]
    assert len(names) == len(set(names)) == 180
    for family in FEMALE_VARIANTS + MALE_VARIANTS:
        splits = {split for split in SPLITS for voice in speakers[split] if voice.variant in family}
        assert len(splits) == 1


@pytest.mark.parametrize("colour", [0.0, 1.0, 2.0])
def test_noise_has_unit_power_and_the_chosen_colour(colour: float) -> None:
    noise = coloured_noise(160_000, colour, np.random.default_rng(0))
    assert np.mean(noise**2) == pytest.approx(1.0)
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = (power[10 * hz : 20 * hz].mean() for hz in (200, 1600))
    assert 10 * np.log10(low / high) == pytest.approx(colour * 10 * np.log10(8), abs=1.0)
