"""The commands: prepare, train, evaluate, transcribe, classify, align, and those that combine, compare and explain.

Each command is a module of its own with a `main` of a few lines. Its settings are a dataclass in `cli`, which Hydra
fills from ``conf/COMMAND.yaml`` and the command line, and its work is a function in a sub-package:

- `cli`: what all commands share (settings, messages, exit codes, run directories), and the console script.
- `corpora`: preparing a corpus for training.
- `training`: training a recognizer, and counting n-grams for a language model.
- `inference`: recognising files, scoring, aligning, probing, comparing, exporting and combining recognizers, and
  drawing clips.
- `reporting`: the pages and figures about runs, scores and probes.
- `scaling`: one command as many processes, each of which does a shard of the work.

Configuration ends in this package: `recognizers` and `data_prep` take plain values and objects. Read `train` first,
then `training.run`.
"""
