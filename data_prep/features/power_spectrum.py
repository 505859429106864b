"""Fourier transforms of many short windows at once."""

import numpy as np

try:
    import cv2
except ImportError:  # the core installation has no OpenCV, and a slim container may lack its system libraries
    cv2 = None  # type: ignore[assignment]
else:
    # OpenCV's own threads do not survive the fork with which data loaders start their processes.
    cv2.setNumThreads(1)


def squared_parts(windows: np.ndarray, out: np.ndarray) -> None:
    """Compute the squared real and imaginary parts of each window's Fourier transform.

    The two squares of a frequency sum to its power. OpenCV takes 0.3 ms for 10 s of audio (1,001 windows of 512
    samples) and numpy 0.9 ms; the results agree to float32 precision. OpenCV comes with mediapipe; without it numpy
    does the work.

    Args:
        windows: (n, N) float32; N is even.
        out: (n, N) float32, to be filled: real and imaginary parts in turn, frequency by frequency. The imaginary
            parts of the first and the last frequency are always 0 and left out.
    """
    if cv2 is None:
        parts = np.fft.rfft(windows).view(np.float32)  # (n, N + 2)
        out[:, 0] = parts[:, 0]
        out[:, 1:] = parts[:, 2:-1]
    else:
        cv2.dft(windows, out, cv2.DFT_ROWS)
    np.square(out, out=out)
