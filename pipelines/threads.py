"""How many threads the network may use."""

import os

import torch


def share_cores(num_workers: int, devices: object = 1) -> None:
    """Leave a core to each worker process, and the others, but at least one, to the network.

    More threads than free cores wait for each other in every kernel: on a busy machine of two cores, two threads
    have been seen to train many times slower than one.

    Args:
        num_workers: Worker processes of each training process.
        devices: The Trainer's setting; several training processes share what is left.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    processes = devices if isinstance(devices, int) and devices > 1 else 1
    torch.set_num_threads(max(1, cores // processes - num_workers))
