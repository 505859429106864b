"""Training: everything a Lightning run needs besides the encoder and the head.

`lightning_module.py` joins encoder, head and optimisation; read it first. It uses `lr_schedule.py`, `metrics.py` and
`consistency.py`; `generator_module.py` is its counterpart for generators. `targets.py` encodes the clips' targets and
leaves out clips that are too short for theirs; `datamodule.py` augments clips and computes their features; `sampler.py`
makes batches of clips of similar length, which `balance.py` draws if groups of clips are to be balanced.

Runs are reproducible: augmentation depends on the seed, the epoch and the clip only, whatever the number of workers,
and a resumed run continues with the batches of its epoch that it has not seen.
"""
