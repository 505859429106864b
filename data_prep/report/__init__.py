"""The corpus report: what a prepared corpus contains, and what is probably wrong with it.

`corpus_report` gathers everything into one `CorpusReport`: `statistics` counts what the manifest and the stored
lengths tell, and `signal_stats` reads the signals themselves (sound levels, frames with hands). `checks` turns the
report into warnings; `split_checks` and `text_checks` need only the list of clips, so that `train` gives their
warnings as well. Both are then shown twice: `terminal_tables` prints them to stderr, and `html_page` renders one
self-contained HTML file from `templates/`, with pictures of a few clips (`sampling`, `thumbnails`).

Nothing here changes the corpus. `hand_marks` tells which hands were found, filled in or missing, wherever hands are
drawn. Only pipelines import `html_page` and `thumbnails`, and with them jinja2, matplotlib and librosa; recognizers
never do. Read `corpus_report` first.
"""
