"""One command as many processes, on one machine or many: each is a shard, and does a part of the inputs.

We write no scheduler. Hydra's launchers (joblib, submitit, Ray), or a hand that types ``shard=3 num_shards=8``, start
the shards, which share nothing but a file system. Each computes for itself which inputs are its own, so they need no
coordinator: `balance.py` divides the inputs by duration, in the same way everywhere.

A shard writes its own parts of the result files (`results-00003-of-00008.jsonl`) and, at its end, a record that it is
done. Whichever shard finds that all the others are done merges the parts into the files that a single process would
have written. So a shard that died is one without a record, and the same command again does what is missing.

Read `shared_run.py` first, then `shard.py`, `balance.py` and `records.py`. `sweep.py` is the view of the process that
started the shards.
"""
