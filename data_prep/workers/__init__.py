"""Work in processes that may crash or hang without harm to the rest.

Decoders are native code, and some media files crash or hang them. So each worker process has a pipe of its own and one
task at a time: when it dies or exceeds its time limit, exactly that task is lost, and a new process takes over.

The pool is ours because those of libraries lose more. With 8 workers killed (`kill -9`) among 300 tasks, ours loses 7
or 8 tasks, pebble 207 to 300 and loky all 300. `concurrent.futures` and `multiprocessing.Pool` share one queue among
all workers, so a worker killed at the wrong moment breaks the pool or leaves it waiting for ever.

Read `process_pool.py` first. `guarded_map.py` builds on it for media files and returns failures as values;
`parallel_map.py` is for our own work, where any failure is an error; `progress.py` shows the progress of both.
"""
