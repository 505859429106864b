"""MFCC and log-mel energies of a waveform as a torch module, equal to those of `data_prep.features.mfcc`."""

import math

import torch
import torchaudio
from torch import nn

from data_prep.features.mel_scale import LOWEST_HZ, mel_filters
from data_prep.features.mfcc import LOG_OFFSET, SMALLEST_DEVIATION, Mfcc, cosine_transform

FULL_SCALE = 32768.0


class WaveformFeatures(nn.Module):
    """Computes the frames of one clip of sound.

    Samples are rounded to 16 bits first, as a file or an array of floats is before training sees it.

    Args:
        settings: The extractor whose frames it computes.
    """

    cosines: torch.Tensor | None

    def __init__(self, settings: Mfcc) -> None:
        super().__init__()
        self.settings = settings
        self.window = round(settings.sample_rate_hz * settings.window_ms / 1000)
        self.hop = round(settings.sample_rate_hz * settings.hop_ms / 1000)
        is_mfcc = settings.kind == "mfcc"
        num_bands = settings.num_mels if is_mfcc else settings.num_coefficients
        fft_size = max(2, 1 << (self.window - 1).bit_length())
        self.mel = torchaudio.transforms.MelSpectrogram(
            settings.sample_rate_hz,
            n_fft=fft_size,
            win_length=self.window,
            hop_length=self.hop,
            f_min=LOWEST_HZ,
            f_max=settings.sample_rate_hz / 2,
            n_mels=num_bands,
        )
        # In double precision: ONNX Runtime's Fourier transform rounds more than numpy's, by 1e-4 in loud frames.
        self.mel.double()
        # The extractor's own tables: torchaudio computes its own in single precision, which costs a digit.
        filters = mel_filters(fft_size // 2 + 1, num_bands, settings.sample_rate_hz)
        self.mel.mel_scale.fb.copy_(torch.from_numpy(filters))
        cosines = torch.from_numpy(cosine_transform(settings.num_coefficients, num_bands)) if is_mfcc else None
        self.register_buffer("cosines", cosines)  # (num_bands, num_coefficients)

    def forward(self, waveform: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(samples,) from -1 to 1 -> frames (1, T, F), and their number (1,)."""
        num_samples = waveform.shape[0]
        waveform = (waveform * FULL_SCALE).round().clamp(-FULL_SCALE, FULL_SCALE - 1) / FULL_SCALE
        # The reflection at both ends needs more samples than half a window.
        padded = nn.functional.pad(waveform, (0, 2 * self.window))[: torch.sym_max(num_samples, 2 * self.window)]
        count = torch.sym_max(1, (2 * num_samples + self.hop) // (2 * self.hop))  # rounds half a hop up
        energies = self.mel(padded.double())[:, :count].float()  # (num_bands, T)
        frames = self._with_deltas(self._static(energies))  # (F, T)
        frames = self._normalised(frames).transpose(0, 1).unsqueeze(0)  # (1, T, F)
        return frames, torch.full((1,), count, dtype=torch.int64)

    def _static(self, energies: torch.Tensor) -> torch.Tensor:
        """(num_bands, T) mel energies -> (num_coefficients, T)."""
        logs = (energies + LOG_OFFSET).log()
        if self.settings.dynamic_range_db is not None:
            logs = (logs - logs.max()).clamp(min=-self.settings.dynamic_range_db * math.log(10) / 10)
        if self.cosines is None:
            return logs
        # In double precision: in digital silence all logarithms are equal, and so are the rounding errors of their sum.
        return (self.cosines.double().transpose(0, 1) @ logs.double()).float()

    def _with_deltas(self, static: torch.Tensor) -> torch.Tensor:
        """Append time derivatives: (num_coefficients, T) -> (F, T)."""
        orders = [static]
        for _ in range(self.settings.deltas):
            orders.append(torchaudio.functional.compute_deltas(orders[-1]))  # over five frames
        return torch.cat(orders) if len(orders) > 1 else static

    def _normalised(self, frames: torch.Tensor) -> torch.Tensor:
        """Normalise (F, T) over the clip; sums are in double precision, as in numpy."""
        if self.settings.cmvn == "none":
            return frames
        frames = frames - frames.double().mean(dim=1, keepdim=True).float()
        if self.settings.cmvn == "mean":
            return frames
        deviations = frames.double().square().mean(dim=1, keepdim=True).sqrt().float()
        return frames / deviations.clamp(min=SMALLEST_DEVIATION)
