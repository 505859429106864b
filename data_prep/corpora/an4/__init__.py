"""CMU AN4 (the Alphanumeric database of Carnegie Mellon University), and corpora made from its single words.

`an4` reads the corpus as it is distributed. ``word_alignments.tsv`` says when each word of the training utterances is
spoken; `word_alignments` reads it. Two corpora of training clips build on it: `digits` cuts out the spoken digits,
which teaches a digit recognizer many more voices, and `recombined` joins the words of each speaker into new
sentences, because a recurrent network learns the few sentences of AN4 by heart.

Read `an4` first, then `word_alignments`.
"""
