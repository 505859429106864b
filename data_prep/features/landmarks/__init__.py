"""Readers of landmark files, one module for each program that writes them.

Each reader gives two hands, (T, 2, 21, 3) float32 in the order of MediaPipe's landmarks, NaN where a hand is absent;
`data_prep.features.landmark_files` chooses the reader and checks what it gives. A file whose layout is not recognised
is refused with what was found and what is expected; nothing is guessed. Read `layouts.py` first, which names the shapes
of arrays.
"""
