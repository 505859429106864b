import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data_prep.features.mediapipe_process import ignore_profiling_timers
from data_prep.synthesis.sign_video import Key, draw_signer, render_keys

ROOT = Path(__file__).resolve().parents[3]

TRACK_TWICE = """
import signal, sys, threading
import numpy as np
from data_prep.features.hand_tracker import HandTracker

pictures = np.load(sys.argv[1])
def track():
    HandTracker().track_pictures(lambda: ((number / 15, picture) for number, picture in enumerate(pictures)), "clip")
track()
signal.signal(signal.SIGPROF, signal.getsignal(signal.SIGPROF))  # as a trainer does at its end, with every signal
track() if sys.argv[2] == "main" else (thread := threading.Thread(target=track), thread.start(), thread.join())
print("alive")
"""


@pytest.mark.parametrize("thread", ["main", "other"])
def test_signal_handlers_restored_by_a_trainer_do_not_let_mediapipe_end_the_process(
    tmp_path: Path, thread: str
) -> None:
    rng = np.random.default_rng(0)
    pictures = render_keys((Key("open", hold_s=2.0),), draw_signer(rng, left_handed=False), rng)
    np.save(tmp_path / "pictures.npy", pictures)
    command = [sys.executable, "-c", TRACK_TWICE, str(tmp_path / "pictures.npy"), thread]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "alive\n"), ran.stderr


def test_an_existing_handler_of_the_timer_signal_is_kept() -> None:
    heard = []
    before = signal.signal(signal.SIGPROF, lambda *_: heard.append(True))
    try:
        ignore_profiling_timers()
        signal.raise_signal(signal.SIGPROF)
    finally:
        signal.signal(signal.SIGPROF, before)
    assert heard == [True]
