"""Where a recognizer goes wrong: numbers for reports, computed from the rows of scored clips.

A row is a dict that `recognizers.inference.scoring` makes for each clip: ``reference``, ``prediction``,
``confidence``, ``speaker``, ``duration_s``, and its errors by what is counted, such as ``word_errors`` of ``words``.
`detection` compares spans of time instead of rows.
Nothing here draws; `pipelines/reporting` does.
"""
