"""Language models: n-grams of words, how they are estimated and stored, and how they steer beam search.

Start with `ngram.py`, which defines the model and estimates it from sentences by Witten-Bell smoothing.
`class_ngram.py` estimates n-grams of classes, `interpolation.py` mixes models, and `mixture.py` finds the weights; what
they give is the same kind of model. `arpa.py` reads
and writes the text format of SRILM and KenLM, so models can come from those tools or be used by them. `fusion.py`
scores hypotheses of characters or words, symbol by symbol, for `recognizers/decoder/beam.py`.

Why the reader is our own: the `kenlm` package has no wheels (building it takes a compiler and four minutes), and
bundles may come from strangers, so every line, count and number of a file is checked, and errors name file and line.
Reading needs no further dependency, so exported recognizers can decode with a language model in a light installation.
"""
