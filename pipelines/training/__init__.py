"""Training: from a corpus to a bundle, its scores and a report.

`run.train` calls the steps in the order they happen; read it first. `setup` gathers what the recognizer is made of and
learns from. `generator_run` and `generator_setup` do the same for `head=generation`. The loop itself is Lightning's:
`trainer` configures it with callbacks for checkpoints, curves, speed, steps that are not finite, and what is recognised
of a few clips (`watching`). Everything about a run is in its run directory:

- run.json, manifest.jsonl and failures.jsonl, written before the first step;
- train.log and the curves, written during training;
- bundle/ and report.json, written at the end.

A run that is stopped resumes from its newest checkpoint and ends with the same weights, bit for bit, as if it had
never been stopped. `ngram_lm` builds language models of what `transcripts` reads, the only training that needs no
network.
"""
