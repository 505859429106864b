"""The network that torch computes gives what its encoder and head give, in inference mode."""

import numpy as np
import pytest
import torch

from recognizers.runtime.torch_network import TorchNetwork, use_threads
from tests.recognizers.bundle.bundles import CLASSIFICATION, CTC

FEATURES = 13


def batch() -> tuple[np.ndarray, np.ndarray]:
    frames = np.random.default_rng(0).normal(size=(3, 11, FEATURES)).astype(np.float32)
    return frames, np.array([11, 4, 7])


@pytest.mark.parametrize("spec", [CTC, CLASSIFICATION], ids=["ctc", "classification"])
def test_results_equal_those_of_the_encoder_and_the_head(spec) -> None:
    _, encoder, head = spec.build()
    frames, lengths = batch()
    network = TorchNetwork(encoder, head)
    log_probs, encoded_lengths = network(frames, lengths)
    with torch.no_grad():
        encoded, expected_lengths = encoder.eval()(torch.from_numpy(frames), torch.from_numpy(lengths))
        expected = head.eval().log_probs(encoded, expected_lengths)
    np.testing.assert_array_equal(log_probs, expected.numpy())
    np.testing.assert_array_equal(encoded_lengths, expected_lengths.numpy())
    np.testing.assert_allclose(np.exp(log_probs[0]).sum(axis=-1), 1, atol=1e-5)
    assert network.subsampling == encoder.subsampling == 2
    assert log_probs.dtype == np.float32


def test_parts_that_were_training_are_set_to_inference() -> None:
    """Dropout would otherwise give another result every time."""
    _, encoder, head = CTC.build()
    network = TorchNetwork(encoder.train(), head.train())
    first, second = (network(*batch())[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not encoder.training
    assert not head.training


def test_no_gradients_are_recorded() -> None:
    _, encoder, head = CTC.build()
    recorded: list[bool] = []
    encoder.register_forward_hook(lambda module, inputs, outputs: recorded.append(outputs[0].requires_grad))
    TorchNetwork(encoder, head)(*batch())
    assert recorded == [False]


def test_the_number_of_threads_is_set_for_the_process() -> None:
    before = torch.get_num_threads()
    try:
        use_threads(2)
        assert torch.get_num_threads() == 2
    finally:
        use_threads(before)
