"""Variations of training clips, drawn afresh each time."""
