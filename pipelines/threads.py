"""How many threads the network may use."""

import os

import torch


def share_cores(num_workers: int) -> None:
    """Leave a core to each worker process, and the others, but at least one, to the network.

    More threads than free cores wait for each other in every kernel: on a busy machine of two cores, two threads
    have been seen to train many times slower than one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    torch.set_num_threads(max(1, cores - num_workers))
