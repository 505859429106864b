"""Worker processes and the network share the cores."""

import pytest

from pipelines.cli import cpu_threads
from pipelines.cli.cpu_threads import free_cores


@pytest.mark.parametrize(
    ("cores", "num_workers", "devices", "free"),
    [
        (8, 0, 1, 8),
        (8, 3, 1, 5),
        (8, 1, 2, 3),
        (8, 1, 3, 1),
        (2, 2, 1, 1),
        (2, 100, 1, 1),
        (2, 0, 4, 1),
        (8, 1, "auto", 7),
        (8, 1, [0, 1], 7),
        (8, 1, -1, 7),
    ],
)
def test_the_network_gets_the_cores_that_workers_leave_and_at_least_one(
    cores: int, num_workers: int, devices: object, free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu_threads, "usable_cores", lambda: cores)
    assert free_cores(num_workers, devices) == free
