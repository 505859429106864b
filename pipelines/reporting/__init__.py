"""Pages about what a recognizer learned: the report of a run, comparisons of runs, and probes of its memory.

A page is one HTML file without scripts. It opens from disk, in a light and a dark theme and at phone width. Modules
here turn numbers into charts and tables; the numbers come from `recognizers` and from the files of a run. Start with
`page.py`, which renders a template, and `charts.py`, which turns a matplotlib drawing into SVG that follows the theme.
"""
