"""Entry points: prepare, train, evaluate, transcribe, classify."""
