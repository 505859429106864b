import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data_prep.features import power_spectrum

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("size", [2, 4, 256, 512])
@pytest.mark.parametrize("with_opencv", [True, False])
def test_squared_parts_equal_numpys_transform(monkeypatch: pytest.MonkeyPatch, size: int, with_opencv: bool) -> None:
    assert power_spectrum.cv2 is not None
    if not with_opencv:
        monkeypatch.setattr(power_spectrum, "cv2", None)
    windows = np.random.default_rng(0).standard_normal((7, size)).astype(np.float32)
    found = np.empty_like(windows)
    power_spectrum.squared_parts(windows[:5], found[:5])
    expected = np.fft.rfft(windows[:5].astype(np.float64))
    np.testing.assert_allclose(found[:5, 0], expected[:, 0].real ** 2, rtol=1e-4)
    np.testing.assert_allclose(found[:5, 1:-1:2], expected[:, 1:-1].real ** 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[:5, 2::2], expected[:, 1:-1].imag ** 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[:5, -1], expected[:, -1].real ** 2, rtol=1e-4, atol=1e-5)


def test_sound_needs_neither_torch_nor_opencv() -> None:
    code = (
        "import sys\n"
        "sys.modules['cv2'] = None\n"  # as if it could not be imported
        "import numpy as np\n"
        "from data_prep.features.extractor import Signal\n"
        "from data_prep.features.mfcc import Mfcc\n"
        "print(Mfcc().frames(Signal(np.arange(16000, dtype=np.int16), 16000)).values.shape, 'torch' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "(100, 40) False", ran.stderr
