import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.features.mfcc import Mfcc
from data_prep.manifest import Clip
from data_prep.parallel import map_parallel
from data_prep.prepare import prepare


def square_and_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is too many")
    return number


@pytest.mark.parametrize("num_workers", [0, 2])
def test_every_item_comes_back_once(num_workers: int) -> None:
    results = list(map_parallel(square_and_process, range(40), num_workers, "squaring"))
    assert sorted(square for square, _ in results) == [number * number for number in range(40)]
    elsewhere = {process for _, process in results} - {os.getpid()}
    assert bool(elsewhere) == (num_workers > 0)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_what_the_function_raises_is_raised_here(num_workers: int) -> None:
    with pytest.raises(ValueError, match="three is too many"):
        list(map_parallel(fail_at_three, range(10), num_workers, "counting"))


def test_processes_prepare_the_same_as_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clips = []
    for number in range(17):
        soundfile.write(tmp_path / f"{number}.wav", rng.uniform(-0.5, 0.5, 800 + number), 16_000)
        clips.append(Clip(str(number), tmp_path / f"{number}.wav", text="x"))
    (tmp_path / "3.wav").write_bytes(b"not sound")
    alone = prepare(clips, Mfcc(), tmp_path / "alone", num_workers=0)
    together = prepare(clips, Mfcc(), tmp_path / "together", num_workers=2)
    assert [failure.id for failure in together.failures] == [failure.id for failure in alone.failures] == ["3"]
    assert len(together.clips) == 16
    for clip in together.clips:
        assert np.array_equal(together.signal(clip).values, alone.signal(clip).values)
