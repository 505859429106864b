"""What a trained recognizer makes of order and memory, as numbers; `pipelines/reporting` draws them.

Each module answers one question about a recognizer, on clips it never trained on, and returns a frozen dataclass of
plain numbers that becomes JSON:

- `order`: what does the score lose when frames are reversed or shuffled?
- `reach`: how far back, and ahead, does a frame still move the encoder's output?
- `context`: how many frames does the score really need?
- `gates`: what do the gates and the cell state of a recurrent layer do over one clip, and which units switch where a
  word or a sign begins and ends?
- `forgetting`: how far back can an answer lie for a plain RNN, a GRU and an LSTM to give it? It trains each of them on
  the tasks of `memory_tasks`, one of them made of the recognizer's own corpus.

Start with `scores`, which scores clips whose frames were changed. Frames are always changed after the extractor, so
whatever it computes from several frames (deltas, velocities, normalisation over the clip) comes from the original clip.
"""
