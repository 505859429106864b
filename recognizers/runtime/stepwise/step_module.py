"""Steps of a forward encoder and its head as torch modules, which are computed by torch or exported."""

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import torch
from torch import nn

from data_prep.features.mel_scale import mel_filters
from data_prep.features.mfcc import LOG_OFFSET, Mfcc, cosine_transform, window_samples
from recognizers.encoder.bilstm import BiLstm
from recognizers.encoder.subsampling import StridedConvolution, zero_padding
from recognizers.head.ctc import Ctc

FULL_SCALE = 32768.0


class StepModule(nn.Module):
    """Computes the next rows of log-probabilities of one clip.

    Its states are the last frames before the step, if a convolution subsamples them, the hidden states of all layers
    and, for LSTMs, their cell states.

    Args:
        encoder: An encoder with ``direction=forward``.
        head: Its head.
    """

    def __init__(self, encoder: BiLstm, head: Ctc) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.layers = cast(list[nn.RNNBase], list(encoder.layers))
        self.num_kept = 0  # frames before a step that its convolution sees
        if isinstance(encoder.subsample, StridedConvolution):
            self.num_kept = encoder.subsample.kernel_size - encoder.subsample.factor
        self.has_cells = isinstance(encoder.layers[0], nn.LSTM)

    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the states, by name; all are zeros before the first step."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.num_kept:
            shapes["last_frames"] = (1, self.num_kept, self.encoder.subsample.convolution.in_channels)  # type: ignore
        shapes["hidden"] = (len(self.layers), 1, self.layers[0].hidden_size)
        if self.has_cells:
            shapes["cells"] = shapes["hidden"]
        return shapes

    def forward(
        self, frames: torch.Tensor, num_frames: torch.Tensor, *states: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """(1, n, F), (1,), states -> (1, n / subsampling, C) and the states after the step."""
        frames = zero_padding(self.encoder.standardize(frames), num_frames)
        *before, hidden = states[:-1] if self.has_cells else states
        encoded, kept = self._subsample(frames, before)
        encoded = encoded.transpose(0, 1)  # (n / subsampling, 1, F')
        ends = []
        for index, (layer, norm) in enumerate(zip(self.layers, self.encoder.norms, strict=True)):
            state = hidden[index : index + 1]
            outputs, end = layer(encoded, (state, states[-1][index : index + 1]) if self.has_cells else state)
            encoded = norm(outputs)
            ends.append(end if self.has_cells else (end,))
        log_probs = self.head.log_probs(encoded.transpose(0, 1), num_frames)
        return log_probs, *kept, *(torch.cat(each) for each in zip(*ends, strict=True))

    def _subsample(
        self, frames: torch.Tensor, kept: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        """(1, n, F) -> (1, n / subsampling, F'), and the frames to keep for the next step."""
        subsample = self.encoder.subsample
        if not isinstance(subsample, StridedConvolution):
            return subsample(frames), kept
        frames = torch.cat([kept[0], frames], dim=1)
        encoded = torch.relu(subsample.convolution(frames.transpose(1, 2))).transpose(1, 2)
        return encoded, [frames[:, -self.num_kept :]]


class WaveformStepModule(nn.Module):
    """The same from the samples under the windows of the frames.

    The Fourier transform is a matrix product, because the exporter that knows recurrent layers does not know Fourier
    transforms. It is in double precision, as in `recognizers.runtime.features_inside.waveform`.

    Args:
        steps: Computes log-probabilities of frames.
        settings: The extractor, without derivatives and settings that need the whole clip.
    """

    fourier: torch.Tensor
    filters: torch.Tensor
    cosines: torch.Tensor | None

    def __init__(self, steps: StepModule, settings: Mfcc) -> None:
        super().__init__()
        self.steps = steps
        self.window = window_samples(settings)
        self.hop = round(settings.sample_rate_hz * settings.hop_ms / 1000)
        fft_size = max(2, 1 << (self.window - 1).bit_length())
        is_mfcc = settings.kind == "mfcc"
        num_bands = settings.num_mels if is_mfcc else settings.num_coefficients
        self.register_buffer("fourier", torch.from_numpy(_windowed_fourier(self.window, fft_size)))
        filters = mel_filters(fft_size // 2 + 1, num_bands, settings.sample_rate_hz).astype(np.float64)
        self.register_buffer("filters", torch.from_numpy(np.concatenate([filters, filters])))
        cosines = cosine_transform(settings.num_coefficients, num_bands).astype(np.float64) if is_mfcc else None
        self.register_buffer("cosines", None if cosines is None else torch.from_numpy(cosines))

    def forward(
        self, waveform: torch.Tensor, num_frames: torch.Tensor, *states: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """(W + (n - 1) * hop,) from -1 to 1, (1,), states -> what `StepModule` gives."""
        samples = (waveform * FULL_SCALE).round().clamp(-FULL_SCALE, FULL_SCALE - 1) / FULL_SCALE
        count = torch.div(torch._shape_as_tensor(samples)[0] - self.window, self.hop, rounding_mode="floor") + 1
        places = torch.arange(cast(int, count))[:, None] * self.hop + torch.arange(self.window)  # (n, W)
        parts = samples[places].double() @ self.fourier  # (n, 2 K), real parts and imaginary parts
        logs = ((parts * parts @ self.filters).float() + LOG_OFFSET).log()  # (n, num_bands)
        frames = logs if self.cosines is None else (logs.double() @ self.cosines).float()
        return self.steps(frames.unsqueeze(0), num_frames, *states)


def _windowed_fourier(window: int, fft_size: int) -> np.ndarray:
    """(W, 2 K): multiplies samples by the window of `Mfcc`, and transforms them."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    angles = 2 * np.pi / fft_size * np.outer(np.arange(window), np.arange(fft_size // 2 + 1))
    return np.concatenate([np.cos(angles), -np.sin(angles)], axis=1) * hann[:, None]


class TorchSteps:
    """Steps computed by torch; a `StepNetwork`."""

    source: Literal["frames", "waveform"] = "frames"

    def __init__(self, module: StepModule) -> None:
        self._module = module.eval()
        self.subsampling = module.encoder.subsampling
        self.num_ids = module.head.vocabulary.num_ids

    def begin(self) -> list[np.ndarray]:
        """Return the states before the first step."""
        return [np.zeros(shape, np.float32) for shape in self._module.state_shapes().values()]

    @torch.inference_mode()
    def step(
        self, values: np.ndarray, num_frames: int, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """(n, F), states -> (n / subsampling, C), and the states after the step."""
        arrays = (values[None].astype(np.float32), np.array([num_frames]), *states)
        log_probs, *after = self._module(*(torch.from_numpy(each) for each in arrays))
        return log_probs[0].numpy(), [each.numpy() for each in after]
