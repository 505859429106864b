"""Ensembles: several trained recognizers that answer as one.

Networks that differ in their random beginning or in their features err in different places, so what most of them find
probable is right more often than what a single one does (Hansen & Salamon, 1990). Two ways to combine them:

- `mean_label`: labels have one distribution for each clip, so the mean of the members' probabilities is taken.
- `labelling_search`: CTC networks emit the same symbol in different frames, so the mean over frames would blur their
  spikes. Instead, every member proposes its most probable labellings, and each proposal is scored by the mean of
  ln P(labelling | frames) over all members (`forward_score`), which sums over all alignments.

`predictor` gives an ensemble the interface of a single recognizer. `members` says which recognizers may be combined.
`bundle` is an ensemble as a folder: a bundle, or an export, for each member, and their checksums. Read `predictor`
first. Nothing here needs torch.
"""
