"""Number of threads that a network may use on the CPU."""

from data_prep.operating_system import usable_cores


def free_cores(num_workers: int, devices: object = 1) -> int:
    """Return the number of cores that worker processes leave to the network, at least one.

    More threads than free cores wait for each other in every kernel: on a busy machine with two cores, training with
    two threads was many times slower than with one.

    Args:
        num_workers: Worker processes of each training process.
        devices: The Trainer's setting; several training processes share the cores.
    """
    processes = devices if isinstance(devices, int) and devices > 1 else 1
    return max(1, usable_cores() // processes - num_workers)
