"""CTC's log-probabilities to symbols."""
