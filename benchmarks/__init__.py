"""Measurements of this project side by side with other ways to do the same.

Each benchmark is a module that prints a table and, as its last line, the main figures as JSON; ``--help`` lists its
options. The peers are installed with ``pip install -r benchmarks/requirements.txt``.

- `train_step`: training speed, against a tutorial's loop and SpeechBrain
- `features`: audio features, against lhotse and librosa
- `inference`: transcription speed and errors, against a plain loop, Whisper and pocketsphinx
- `keypoints`: hand tracking in video, against a loop over single pictures
- `store`: the store of prepared signals, against one .npy file per clip
- `shards`: preparing in shards, of which one is killed, against one process
- `voice_activity`: utterances lost and words invented in noise, by detector
- `long_recording`: words and times in a long recording, against its utterances one by one
- `few_shot`: accuracy on unseen people after a few recordings of each class, by starting point
- `conditions`: error rates in narrow bands, over telephones and in noise
- `scale`: time and cost of a preparation by up to a thousand workers, simulated from what one does
- `gpu`: agreement with the CPU, speed, waiting and memory on one GPU to eight
- `generated_clips`: how well generated gestures are recognised, and what a recognizer learns from them

`pacing` explains how contenders are compared fairly on a machine that also does other work: each has a process of its
own, and they work in short turns.
"""
