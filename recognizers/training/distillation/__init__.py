"""Distillation: a student learns what a teacher makes of its clips, beside what is right (Hinton et al., 2015).

A teacher is a recognizer, or an ensemble of several. What it says of each clip, without augmentation, is computed once
and stored (`teacher_targets`). In training, `distillation` adds to the head's loss how far the student is from it.
Clips without a text or a label have this loss alone. What is transferred, and how, are three classes of one
interface, `transfer`:

- `soft_labels`: the probabilities of all labels;
- `hypotheses`: the most probable transcripts with their probabilities, for a teacher of any number of networks;
- `guided_frames`: the probabilities of all symbols in each frame, for a teacher of one network. The networks of an
  ensemble emit the same symbol in different frames, so that theirs cannot be averaged.

Read `transfer` first, then `distillation`.
"""
