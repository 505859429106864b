"""Channels are averaged, unless they cancel each other."""

import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.media import Media, read_audio
from data_prep.media.arrays import sound_from_array
from data_prep.media.mixing import ChannelMixer, mix_down
from tests.data_prep.media.media_files import RATE_HZ, TONE

NOISE = 0.1 * np.random.default_rng(0).standard_normal(len(TONE)).astype(np.float32)
SILENCE = np.zeros_like(TONE)


@pytest.mark.parametrize(
    "channels",
    [[TONE, TONE], [TONE, SILENCE], [TONE, 0.5 * NOISE], [NOISE, 0.5 * TONE], [SILENCE] * 5 + [TONE], [SILENCE] * 2],
    ids=["alike", "one silent", "tone and noise", "noise and tone", "one of six", "silence"],
)
def test_channels_that_do_not_cancel_are_averaged(channels: list[np.ndarray], caplog) -> None:
    stacked = np.stack(channels, axis=1)
    np.testing.assert_allclose(mix_down(stacked, "x"), stacked.mean(axis=1), atol=1e-7)
    assert caplog.text == ""


@pytest.mark.parametrize("factor", [-1.0, -0.9, -1.1, -0.6])
def test_of_channels_that_cancel_the_loudest_is_taken_and_a_warning_logged(
    factor: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stereo = np.stack([TONE, factor * TONE], axis=1) / 2
    soundfile.write(tmp_path / "a.wav", stereo, RATE_HZ, subtype="FLOAT")
    with caplog.at_level(logging.WARNING):
        samples, _ = read_audio(Media(tmp_path / "a.wav"), "int16")
    loudest = int(factor < -1)
    assert f"a.wav: its channels cancel each other; channel={loudest}, the loudest, is taken" in caplog.text
    np.testing.assert_allclose(samples / 32768, stereo[:, loudest], atol=2e-5)
    np.testing.assert_array_equal(sound_from_array(stereo, RATE_HZ)[0], samples)


def test_the_number_of_channels_may_change_from_block_to_block() -> None:
    mixer = ChannelMixer()
    mixer.mix(np.stack([TONE, -TONE], axis=1))
    mixer.mix(np.stack([TONE, -TONE, SILENCE], axis=1))
    assert mixer.cancelled() == 0
    assert ChannelMixer(1).mix(TONE[:, None]) is not None
