"""The window through which a generator reads its target, symbol by symbol, as it moves on."""

import torch
from torch import nn

#: Symbols that are passed in a frame before anything is learned.
INITIAL_PACE = 0.05


class Window(nn.Module):
    """A soft window on the symbols of a target, which only moves forward (Graves, 2013, section 5.1).

    Its position follows from the states of the layer below, summed over time; unlike in the paper, that layer does not
    see the window, so that all frames of a clip are computed at once in training. A label is a target of one symbol, at
    which the window stays.

    Args:
        num_inputs: Width H of the layer below.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(num_inputs, 2)
        nn.init.zeros_(self.linear.weight)
        with torch.no_grad():
            self.linear.bias.copy_(torch.tensor([INITIAL_PACE, 1.0]).expm1().log())  # the inverse of softplus

    def forward(
        self, states: torch.Tensor, symbols: torch.Tensor, lengths: torch.Tensor, before: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Read the symbols.

        Args:
            states: (N, T, H) of the layer below.
            symbols: (N, L, E), embedded.
            lengths: (N,), the number of symbols of each target without padding.
            before: (N,), the position of the window before the first frame, 0 for the beginning.

        Returns:
            The symbols in the window, (N, T, E), and its position in symbols after each frame, (N, T).
        """
        pace, sharpness = nn.functional.softplus(self.linear(states)).unbind(dim=-1)  # (N, T)
        position = before[:, None] + pace.cumsum(dim=1)
        index = torch.arange(symbols.shape[1], device=symbols.device)
        scores = -sharpness[..., None] * (position[..., None] - index - 0.5) ** 2  # (N, T, L)
        outside = index >= lengths.to(symbols.device)[:, None]  # (N, L)
        weights = scores.masked_fill(outside[:, None], float("-inf")).softmax(dim=-1)
        return weights @ symbols, position
