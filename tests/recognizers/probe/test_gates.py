import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from data_prep.features.extractor import Frames
from recognizers.encoder.bilstm import BiLstm
from recognizers.probe.boundaries import Boundaries
from recognizers.probe.gates import ProbedClip, measure_gates

SWITCH = 3  # the unit that follows the feature which changes at boundaries


def encoder_of(cell: str = "lstm", **settings: object) -> BiLstm:
    """An encoder of which one unit alone is fed by feature 0."""
    torch.manual_seed(0)
    encoder = BiLstm(num_features=2, cell=cell, layers=2, hidden_size=20, **settings).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        layer = encoder.layers[0]
        layer.weight_hh_l0 *= 0.1  # type: ignore[operator]
        layer.weight_ih_l0[:, 0] = 0  # type: ignore[index]
        layer.weight_ih_l0[SWITCH::20, 0] = 4  # type: ignore[index]
    return encoder


def clip(name: str, seed: int, boundaries: bool = True) -> ProbedClip:
    """Feature 0 is 1 between the boundaries; feature 1 is noise all the time."""
    rng = np.random.default_rng(seed)
    start, end = rng.integers(10, 20), rng.integers(30, 40)
    values = np.stack([(np.arange(50) >= start) & (np.arange(50) < end), 0.3 * rng.normal(size=50)], axis=1)
    times = (start / 50, end / 50) if boundaries else ()
    return ProbedClip(name, Frames(values.astype(np.float32), 50.0), Boundaries("word", times))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_unit_that_switches_at_boundaries_comes_first(cell: str) -> None:
    gates = measure_gates(encoder_of(cell), clip("shown", 0), [clip(str(seed), seed) for seed in range(1, 9)], 1)
    assert gates.units[0] == SWITCH
    assert sorted(gates.units) == list(range(20))
    assert list(gates.switching) == sorted(gates.switching, reverse=True)
    assert (gates.ranked_clips, gates.tested_clips) == (4, 5)
    assert gates.top_ratio is not None
    assert gates.all_ratio is not None
    assert (gates.cell, gates.layer, gates.direction, gates.step_s) == (cell, 1, "forward", 0.02)
    assert gates.trace.state.shape == (50, 20)


def test_without_boundaries_units_are_sorted_by_movement() -> None:
    gates = measure_gates(encoder_of(), clip("shown", 0, False), [clip("other", 1, False)], 1)
    moved = np.abs(np.diff(gates.trace.state, axis=0)).sum(axis=0)
    assert list(gates.units) == sorted(range(20), key=lambda unit: -moved[unit])
    assert (gates.switching, gates.top_ratio, gates.all_ratio) == ((), None, None)


def test_a_single_clip_and_a_single_frame() -> None:
    gates = measure_gates(encoder_of(), clip("shown", 0), [], 2, "backward")
    assert (gates.ranked_clips, gates.tested_clips) == (1, 1)
    single = ProbedClip("photo", Frames(np.zeros((1, 2), np.float32), 50.0), Boundaries("sign", ()))
    assert measure_gates(encoder_of(), single, []).top_ratio is None


def test_layers_and_directions_that_do_not_exist() -> None:
    with pytest.raises(InputError, match="layer=3: the encoder has layers 1 to 2; give one of these"):
        measure_gates(encoder_of(), clip("shown", 0), [], 3)
    with pytest.raises(InputError, match="direction=backward: the encoder reads clips forward only"):
        measure_gates(encoder_of(direction="forward"), clip("shown", 0), [], 1, "backward")
