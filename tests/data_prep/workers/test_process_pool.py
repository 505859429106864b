import logging
import os
import time
from collections.abc import Iterator

import pytest

import data_prep.workers.process_pool
from data_prep.workers.process_pool import LostTask, WorkerError, run_in_processes


class CannotBeSentError(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__("neither")


def hostile(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), 9)
    if number == 4:
        os._exit(3)
    if number == 6:
        time.sleep(100)
    return number * number


def threads_and_process(_: int) -> tuple[str, int]:
    return os.environ["OMP_NUM_THREADS"], os.getpid()


def cannot_be_sent(_: int) -> None:
    raise CannotBeSentError(1, 2)


def refuse(number: int) -> int:
    raise ValueError(f"{number} is refused")


def warn(number: int) -> int:
    logging.getLogger("decoder").warning("the file is odd")
    logging.getLogger("decoder").warning("item %d is odd too", number)
    return number


class DeadlyToUnpickle:
    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (5,)

    def __call__(self, number: int) -> int:
        return number


def limit_s(number: int) -> float:
    return 0.2 if number == 6 else 60.0


def test_only_tasks_whose_process_dies_or_hangs_are_lost() -> None:
    results = list(run_in_processes(hostile, range(12), 2, limit_s))
    lost = {result.item: result.how for result in results if isinstance(result, LostTask)}
    assert lost == {2: "died (signal 9)", 4: "died (exit code 3)", 6: "took longer than 0.2 s"}
    done = [result for result in results if not isinstance(result, LostTask)]
    assert sorted(done) == [number * number for number in range(12) if number not in lost]


def test_warnings_of_processes_are_logged_once(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """They appear in the log file of a run, and not once for each process."""
    assert sorted(run_in_processes(warn, range(6), 2)) == list(range(6))
    messages = [record.getMessage() for record in caplog.records if record.name == "decoder"]
    assert sorted(messages) == [*(f"item {number} is odd too" for number in range(6)), "the file is odd"]
    assert "odd" not in capfd.readouterr().err


def test_one_process_with_one_thread_works_on_many_items() -> None:
    results = list(run_in_processes(threads_and_process, range(100), 1))
    assert len(results) == 100
    assert len(set(results)) == 1
    assert results[0][0] == "1"
    assert results[0][1] != os.getpid()


def test_an_exception_is_raised_with_a_note_about_its_origin() -> None:
    with pytest.raises(ValueError, match="0 is refused") as raised:
        list(run_in_processes(refuse, [0], 1))
    assert "in refuse" in "".join(raised.value.__notes__)
    with pytest.raises(WorkerError, match="CannotBeSentError: neither"):
        list(run_in_processes(cannot_be_sent, [0], 1))


def test_processes_that_cannot_start_are_an_error() -> None:
    with pytest.raises(WorkerError, match=r"do not start; the last one died \(exit code 5\)"):
        list(run_in_processes(DeadlyToUnpickle(), range(3), 1))


def test_items_are_taken_only_when_a_process_is_free() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    results = run_in_processes(abs, items(), 1)
    next(results)
    assert taken <= 2
    results.close()
    assert not data_prep.workers.process_pool.multiprocessing.active_children()


def test_no_items_start_no_process() -> None:
    assert list(run_in_processes(abs, [], 4)) == []
