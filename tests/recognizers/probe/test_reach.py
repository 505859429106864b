import numpy as np
import pytest
import torch

from data_prep.features.extractor import Frames
from recognizers.encoder.bilstm import BiLstm
from recognizers.probe import reach as reach_module
from recognizers.probe.reach import measure_reach


def encoder_of(**settings: object) -> BiLstm:
    torch.manual_seed(3)
    encoder = BiLstm(num_features=4, layers=1, hidden_size=6, layer_norm=False, **settings).eval()  # type: ignore[arg-type]
    encoder.standardize.learn([np.random.default_rng(0).normal(1, [1, 2, 3, 4], (80, 4))])
    return encoder


def clips(count: int, length: int) -> list[Frames]:
    rng = np.random.default_rng(1)
    return [Frames(rng.normal(1, 2, (length, 4)).astype(np.float32), 50.0) for _ in range(count)]


def expected_gradient(encoder: BiLstm, clip: Frames, draws: int) -> np.ndarray:
    """The same from the full Jacobian of each output: (2 T - 1,), the last of the future first."""
    length = len(clip.values)
    frames = torch.from_numpy(clip.values)
    rng = torch.Generator().manual_seed(0)
    squares, pairs = np.zeros(2 * length - 1), np.zeros(2 * length - 1)
    for time in range(length):
        jacobian = torch.autograd.functional.jacobian(
            lambda values, time=time: encoder(values[None], torch.tensor([length]))[0][0, time], frames
        )  # (H, T, F)
        jacobian = jacobian * encoder.standardize.deviation
        directions = torch.randn(draws, len(jacobian), generator=rng)
        norms = torch.einsum("dh,htf->dtf", directions, jacobian).square().sum(dim=2)  # (draws, T)
        shares = (norms / norms.sum(dim=1, keepdim=True)).mean(dim=0).numpy()
        squares[time - np.arange(length) + length - 1] += shares
        pairs[time - np.arange(length) + length - 1] += 1
    gradient = np.sqrt(squares / pairs)
    return gradient / gradient.max()


def test_gradient_equals_that_of_the_whole_jacobian() -> None:
    encoder = encoder_of()
    [clip] = clips(1, 9)
    reach = measure_reach(encoder, [clip] * 800)
    assert reach.lags == tuple(range(-8, 9))
    assert sum(reach.pairs) == 800 * 81
    np.testing.assert_allclose(reach.gradient, expected_gradient(encoder, clip, 2000), rtol=0.05, atol=1e-4)


def test_forward_encoder_does_not_look_ahead() -> None:
    reach = measure_reach(encoder_of(direction="forward"), clips(10, 20))
    assert min(reach.lags) == 0
    assert reach.future(0.1) == 0


def test_lags_are_those_of_encoded_steps() -> None:
    reach = measure_reach(encoder_of(subsampling=3), clips(10, 20))  # 7 steps
    assert reach.lags == tuple(range(-18, 19, 3))


def test_a_network_that_forgets_at_once_has_no_reach() -> None:
    encoder = encoder_of()
    with torch.no_grad():
        for name, weights in encoder.layers[0].named_parameters():
            if "weight_hh" in name:
                weights.zero_()
            if "bias_ih" in name:
                weights[6:12] = -30  # the forget gate is shut
    reach = measure_reach(encoder, clips(10, 20))
    assert (reach.past(0.01), reach.future(0.01)) == (0, 0)
    with torch.no_grad():
        for name, weights in encoder.layers[0].named_parameters():
            if "bias_ih" in name:
                weights[6:12] = 30  # the forget gate is open: nothing is ever forgotten
    reach = measure_reach(encoder, clips(10, 20))
    assert (reach.past(0.1), reach.future(0.1)) == (None, None)


def test_long_clips_are_measured_on_excerpts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach_module, "MAX_STEPS", 8)
    monkeypatch.setattr(reach_module, "MAX_BATCH_STEPS", 16)
    reach = measure_reach(encoder_of(subsampling=2), clips(4, 1001))
    assert (min(reach.lags), max(reach.lags)) == (-12, 12)  # 8 steps; too few pairs have the longest lag


def test_a_clip_of_one_frame_has_lag_0_only() -> None:
    reach = measure_reach(encoder_of(), clips(1, 1))
    assert (reach.lags, reach.gradient, reach.past(0.1)) == ((0,), (1.0,), 0)
