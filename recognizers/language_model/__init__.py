"""N-gram language models, and how they weigh in beam search."""
