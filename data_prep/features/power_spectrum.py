"""The Fourier transforms of many short stretches at once."""

import numpy as np

try:
    import cv2
except ImportError:  # a slim container without libGL: no hands can be tracked there, but sound needs no pictures
    cv2 = None  # type: ignore[assignment]
else:
    # One thread, as elsewhere: OpenCV's threads would not outlive a fork, with which torch's loaders begin.
    cv2.setNumThreads(1)


def squared_parts(stretches: np.ndarray, out: np.ndarray) -> None:
    """Squares of the real and imaginary parts of each stretch's transform.

    OpenCV's transform is six times as fast as numpy's, and as fast as torch's, whose import takes two seconds; where
    OpenCV cannot be loaded, numpy's does.

    Args:
        stretches: (n, N) float32; N is even.
        out: (n, N) float32, for the real and the imaginary part of each frequency by turns, without the imaginary
            parts of the first and the last frequency, which are 0.
    """
    if cv2 is None:
        parts = np.fft.rfft(stretches).view(np.float32)  # (n, N + 2)
        out[:, 0] = parts[:, 0]
        out[:, 1:] = parts[:, 2:-1]
    else:
        cv2.dft(stretches, out, cv2.DFT_ROWS)
    np.square(out, out=out)
