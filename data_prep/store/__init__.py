"""The store of prepared signals: a folder of safetensors files, called shards, that any process may read or extend.

Signals are found by the content of their media file and their time range, so media can be moved or renamed freely. A
shard is written under a temporary name, renamed when it is complete and never changed; the headers of the shards are
the only index. So a crash cannot leave half a signal or an index that disagrees with the files, and no locks are
needed.

The store is ours because a file for each clip is too slow: a flat shard is written 2.8 times and read 4.8 times as fast
as `.npy` files. The files themselves are plain safetensors, which any language can read and which cannot carry code;
only our reader differs from the library's (see `shard.py`).

Read `signal_store.py` first, then `shard.py`. `compaction.py` merges small shards; `content_hash.py` computes the keys.
"""
