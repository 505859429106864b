"""The window moves forward over the symbols of a target, and never sees padding."""

import torch

from recognizers.head.generation_window import Window


def read(window: Window, states: torch.Tensor, symbols: torch.Tensor, lengths: list[int]) -> torch.Tensor:
    return window(states, symbols, torch.tensor(lengths), torch.zeros(len(lengths)))[0]


def test_the_window_moves_forward_from_the_first_symbol_to_the_last() -> None:
    window = Window(4)
    symbols = torch.eye(3)[None]  # one symbol is one column
    with torch.no_grad():
        window.linear.bias.copy_(torch.tensor([-2.0, 3.0]))  # a pace of 0.13 symbols, a narrow window
        weights, position = window(torch.zeros(1, 30, 4), symbols, torch.tensor([3]), torch.zeros(1))
    assert (position.diff(dim=1) > 0).all()
    assert weights[0].argmax(dim=-1).unique_consecutive().tolist() == [0, 1, 2]


def test_a_label_is_read_in_every_frame() -> None:
    window = Window(4)
    symbols = torch.randn(2, 1, 5)
    found = read(window, torch.randn(2, 7, 4), symbols, [1, 1])
    torch.testing.assert_close(found, symbols.expand(2, 7, 5))


def test_padding_is_never_read() -> None:
    window = Window(4)
    states, symbols = torch.randn(2, 40, 4), torch.randn(2, 3, 5)
    padded = read(window, states, symbols, [2, 3])
    alone = read(window, states[:1], symbols[:1, :2], [2])
    torch.testing.assert_close(padded[:1], alone)
