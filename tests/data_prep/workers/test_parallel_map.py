import os

import pytest

from data_prep.workers.parallel_map import parallel_map
from data_prep.workers.process_pool import WorkerError


def square_and_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def end_at_three(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is too many")
    return number


@pytest.mark.parametrize("num_workers", [0, 2])
def test_every_item_gives_one_result(num_workers: int) -> None:
    results = list(parallel_map(square_and_process, range(40), num_workers, "squaring"))
    assert sorted(square for square, _ in results) == [number * number for number in range(40)]
    elsewhere = {process for _, process in results} - {os.getpid()}
    assert bool(elsewhere) == (num_workers > 0)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_exception_of_the_function_is_raised(num_workers: int) -> None:
    with pytest.raises(ValueError, match="three is too many"):
        list(parallel_map(fail_at_three, range(10), num_workers, "counting"))


def test_a_process_that_dies_is_an_error() -> None:
    with pytest.raises(WorkerError, match=r"a worker process died \(exit code 1\) while counting"):
        list(parallel_map(end_at_three, range(10), 2, "counting"))
