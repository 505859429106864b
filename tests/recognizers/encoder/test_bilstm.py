"""The recurrent encoder, checked against torch's packed sequences."""

from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from data_prep.errors import InputError
from recognizers.encoder.bilstm import CELLS, BiLstm

FEATURES = 4
LENGTHS = (7, 1, 12, 5, 12, 2)
SUBSAMPLINGS = [(1, "stacking"), (3, "stacking"), (1, "convolution"), (2, "convolution")]
EVERY_KIND = [
    {"cell": cell, "direction": direction, "subsampling": factor, "subsample_by": kind}
    for cell in CELLS
    for direction in ("both", "forward")
    for factor, kind in SUBSAMPLINGS
]
every_kind = pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: "-".join(map(str, kind.values())))


def make(**settings: Any) -> BiLstm:
    return BiLstm(FEATURES, **{"layers": 2, "hidden_size": 5, "dropout": 0.3} | settings).eval()


def make_clips() -> list[torch.Tensor]:
    return [torch.randn(length, FEATURES) for length in LENGTHS]


def pad(clips: list[torch.Tensor], extra: int = 0, garbage: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    padded = pad_sequence([*clips, torch.zeros(max(map(len, clips)) + extra, FEATURES)], batch_first=True)[:-1].clone()
    for row, clip in zip(padded, clips, strict=True):
        row[len(clip) :] = garbage
    return padded, torch.tensor([len(clip) for clip in clips])


def own_frames(encoded: torch.Tensor, lengths: torch.Tensor) -> list[torch.Tensor]:
    return [row[:length] for row, length in zip(encoded, lengths.tolist(), strict=True)]


def packed_reference(
    encoder: BiLstm, layers: Iterable[nn.Module], frames: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    """Outputs of torch's own layers on packed sequences, clip after clip."""
    encoded = encoder.subsample(frames)
    steps = torch.tensor([-(-length // encoder.subsampling) for length in lengths.tolist()])
    for layer, norm in zip(layers, encoder.norms, strict=True):
        packed = pack_padded_sequence(encoded, steps, batch_first=True, enforce_sorted=False)
        encoded = norm(pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=encoded.shape[1])[0])
    return torch.cat(own_frames(encoded, steps))


@pytest.mark.parametrize("layer_norm", [True, False])
@every_kind
def test_outputs_and_gradients_equal_those_of_packed_sequences(kind: dict[str, Any], layer_norm: bool) -> None:
    encoder = make(**kind, layer_norm=layer_norm)
    frames, lengths = pad(make_clips())
    frames.requires_grad_()
    names, parameters = zip(*encoder.named_parameters(), strict=True)
    output = torch.cat(own_frames(*encoder(frames, lengths)))
    expected = packed_reference(encoder, encoder.layers, frames, lengths)
    torch.testing.assert_close(output, expected, atol=1e-5, rtol=0)

    weights = torch.randn_like(output) / len(LENGTHS)
    frames_gradient, *gradients = torch.autograd.grad((output * weights).sum(), [frames, *parameters])
    frames_reference, *references = torch.autograd.grad((expected * weights).sum(), [frames, *parameters])
    for own, reference in zip(own_frames(frames_gradient, lengths), own_frames(frames_reference, lengths), strict=True):
        torch.testing.assert_close(own, reference, atol=1e-5, rtol=0)
    for name, gradient, reference in zip(names, gradients, references, strict=True):
        assert (gradient - reference).abs().max() <= 1e-5 * max(1, reference.abs().max()), name


@every_kind
def test_the_gpu_path_gives_the_outputs_of_the_cpu_path(kind: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = make(**kind)
    frames, lengths = pad(make_clips(), extra=3)
    padded, _ = encoder(frames, lengths)
    monkeypatch.setattr(encoder, "_run_padded", encoder._run_packed)
    packed, _ = encoder(frames, lengths)
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=0)


@every_kind
def test_outputs_for_a_clip_do_not_depend_on_the_rest_of_the_batch(kind: dict[str, Any]) -> None:
    encoder = make(**kind)
    clips = make_clips()
    alone = [encoder(clip.unsqueeze(0), torch.tensor([len(clip)]))[0][0] for clip in clips]
    order = [4, 2, 0, 5, 1, 3]
    for extra, garbage in [(0, 0.0), (5, 1e3), (4, float("nan"))]:
        frames, lengths = pad([clips[index] for index in order], extra, garbage)
        encoded, encoded_lengths = encoder(frames, lengths)
        for index, own in zip(order, own_frames(encoded, encoded_lengths), strict=True):
            torch.testing.assert_close(own, alone[index], atol=1e-5, rtol=0)


@every_kind
def test_no_gradient_flows_to_other_clips_or_to_padding(kind: dict[str, Any]) -> None:
    encoder = make(**kind)
    frames, lengths = pad(make_clips(), extra=3)
    frames.requires_grad_()
    encoded, _ = encoder(frames, lengths)
    (encoded[0] * torch.randn_like(encoded[0])).sum().backward()
    assert frames.grad is not None
    assert (frames.grad[0, : LENGTHS[0]].abs().sum(dim=1) > 0).all()
    assert not frames.grad[0, LENGTHS[0] :].any()
    assert not frames.grad[1:].any()


@every_kind
def test_the_order_of_frames_matters(kind: dict[str, Any]) -> None:
    encoder = make(**kind)
    clip = torch.randn(1, 12, FEATURES)
    # Groups of six frames change places, so that each subsampled frame still combines the same frames.
    shuffled = clip[:, [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5]]
    length = torch.tensor([12])
    difference = encoder(clip, length)[0].mean(dim=1) - encoder(shuffled, length)[0].mean(dim=1)
    assert difference.abs().max() > 1e-3


@pytest.mark.parametrize(("factor", "by"), [*SUBSAMPLINGS, (3, "convolution")])
def test_the_forward_direction_never_looks_ahead(factor: int, by: str) -> None:
    clip = torch.randn(1, 12, FEATURES)
    changed = clip.clone()
    changed[:, 6:] += 1
    for direction in ("forward", "both"):
        encoder = make(direction=direction, subsampling=factor, subsample_by=by)
        before, after = (encoder(frames, torch.tensor([12]))[0] for frames in (clip, changed))
        known = 6 // factor
        assert torch.equal(before[:, :known], after[:, :known]) == (direction == "forward")
        assert not torch.equal(before[:, known:], after[:, known:])


@every_kind
def test_output_lengths_match_the_outputs(kind: dict[str, Any]) -> None:
    encoder = make(**kind)
    for length in (1, 2, 3, 4, 7, 12):
        frames = torch.randn(2, length, FEATURES)
        lengths = torch.tensor([length, 1])
        encoded, encoded_lengths = encoder(frames, lengths)
        assert encoded_lengths.tolist() == [-(-length // kind["subsampling"]), 1]
        assert torch.equal(encoder.output_lengths(lengths), encoded_lengths)
        assert encoded.shape == (2, encoded_lengths[0], encoder.num_outputs)
        assert not encoded[1, 1:].any()


def test_dropout_is_active_in_training_only() -> None:
    encoder = make(dropout=0.5)
    frames, lengths = pad(make_clips())
    plain = encoder(frames, lengths)[0]
    assert torch.equal(encoder(frames, lengths)[0], plain)
    encoder.train()
    first, second = (encoder(frames, lengths)[0] for _ in range(2))
    assert not torch.equal(first, second)
    assert (first[0, 0] == 0).any()
    without = make(dropout=0.0).train()
    assert torch.equal(without(frames, lengths)[0], without.eval()(frames, lengths)[0])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("cell", "transformer"),
        ("layers", 0),
        ("layers", 1.5),
        ("layers", "three"),
        ("hidden_size", 0),
        ("hidden_size", None),
        ("dropout", -0.1),
        ("dropout", 1.0),
        ("dropout", "none"),
        ("subsampling", 0),
        ("subsampling", 2.0),
        ("subsample_by", "pooling"),
        ("direction", "backward"),
    ],
)
def test_errors_name_the_setting_that_is_out_of_range(setting: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^encoder: {setting} must be .*; found {value!r}$"):
        BiLstm(FEATURES, **{setting: value})
