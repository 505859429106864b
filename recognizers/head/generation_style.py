"""The style of a clip: what differs between clips of one label, as one vector for the whole clip."""

import torch
from torch import nn

from recognizers.head.pooling import MeanPooling

#: Bounds of the logarithm of a variance, for the first steps of a training.
LOWEST_LOG_VARIANCE, HIGHEST_LOG_VARIANCE = -8.0, 2.0


class Style(nn.Module):
    """Reads the style of a clip, as the encoder of a variational autoencoder (Kingma & Welling, 2014; Ha & Eck, 2018).

    In training, an LSTM over all frames says which styles may have led to the clip. To draw a new clip, the style is
    drawn from a normal distribution, to which the divergence keeps those of the training clips close.

    Args:
        num_inputs: Width of what is read in each frame.
        hidden_size: Width of the LSTM.
        num_outputs: Width S of the style.
    """

    def __init__(self, num_inputs: int, hidden_size: int, num_outputs: int) -> None:
        super().__init__()
        self.num_outputs = num_outputs
        self.lstm = nn.LSTM(num_inputs, hidden_size, batch_first=True)
        self.pooling = MeanPooling(hidden_size)
        self.linear = nn.Linear(hidden_size, 2 * num_outputs)

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Read the styles of clips.

        Args:
            inputs: (N, T, I).
            lengths: (N,), the number of frames of each clip without padding.

        Returns:
            Styles (N, S), in training drawn from their distributions, otherwise the means; and the divergence of the
            distributions from the normal one, (N,), in nats.
        """
        states, _ = self.lstm(inputs)
        mean, log_variance = self.linear(self.pooling(states, lengths)).chunk(2, dim=-1)
        log_variance = log_variance.clamp(LOWEST_LOG_VARIANCE, HIGHEST_LOG_VARIANCE)
        divergence = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(dim=-1)
        if self.training:
            mean = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return mean, divergence
