"""Files to predictions, without torch."""
