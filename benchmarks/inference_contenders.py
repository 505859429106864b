"""Contenders that transcribe audio files: this project's runtimes, and a plain loop over the files."""

import json
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks import inference_peers
from benchmarks.pacing import work_in_turns
from benchmarks.sounds import RATE_HZ
from benchmarks.utterances import Utterances
from data_prep.errors import InputError
from data_prep.features.mfcc import Mfcc
from data_prep.media import Media
from recognizers.bundle.weights import load_bundle
from recognizers.encoder.bilstm import BiLstm
from recognizers.inference.predictor import Predictor

#: Function that returns the transcripts of files.
Transcriber = Callable[[Sequence[Path]], list[str]]


def take_turns(
    name: str, model: Path, batch_size: int, transcripts: Path, utterances: Utterances, connection: Connection
) -> None:
    """Transcribe files in turns, and write the latest transcript of each file as JSON."""
    warnings.simplefilter("ignore")
    items = utterances.sounds.items()
    peers = {"whisper": inference_peers.whisper, "pocketsphinx": inference_peers.pocketsphinx}
    if name in peers:
        transcribe: Transcriber = peers[name](utterances)
    else:
        transcribe = plain(model) if name == "plain" else ours(model, name, batch_size)
    found: dict[int, str] = {}

    def process(indices: Sequence[int]) -> None:
        texts = transcribe([items[index][0] for index in indices])
        found.update({int(items[index][0].stem): text for index, text in zip(indices, texts, strict=True)})
        transcripts.write_text(json.dumps(found), encoding="utf-8")

    work_in_turns([duration_s for _, duration_s in items], process, connection)


def ours(model: Path, runtime: str, batch_size: int) -> Transcriber:
    """Return a transcriber that uses this project's predictor."""
    predictor = Predictor.load(model, runtime, num_threads=1)

    def transcribe(paths: Sequence[Path]) -> list[str]:
        frames = [predictor.extractor(Media(path)) for path in paths]
        return [prediction.text for prediction in predictor.predict(frames, batch_size)]

    return transcribe


def plain(model: Path) -> Transcriber:
    """Return a transcriber that computes librosa's features and torch's packed layers, file by file."""
    import librosa

    bundle = load_bundle(model)
    if not isinstance(bundle.encoder, BiLstm) or not isinstance(bundle.extractor, Mfcc):
        raise InputError(f"{model}: the plain loop needs a recognizer with Mfcc and BiLstm")
    extractor, encoder, head = bundle.extractor, bundle.encoder, bundle.head
    vocabulary = bundle.spec.vocabulary

    @torch.inference_mode()
    def transcribe_one(path: Path) -> str:
        samples, _ = librosa.load(path, sr=RATE_HZ)
        features = librosa.feature.mfcc(
            y=samples,
            sr=RATE_HZ,
            n_mfcc=extractor.num_coefficients,
            n_mels=extractor.num_mels,
            n_fft=512,
            win_length=400,
            hop_length=160,
        ).T
        features = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-2)
        frames = encoder.subsample(torch.from_numpy(np.ascontiguousarray(features, np.float32))[None])
        lengths = torch.tensor([frames.shape[1]])
        packed = pack_padded_sequence(frames, lengths, batch_first=True)
        for layer, norm in zip(encoder.layers, encoder.norms, strict=True):
            outputs = layer(packed)[0]
            packed = outputs._replace(data=norm(outputs.data))
        encoded = pad_packed_sequence(packed)[0].transpose(0, 1)
        path_ids = head.log_probs(encoded, lengths)[0].argmax(dim=-1).unique_consecutive()
        return vocabulary.decode(path_ids[path_ids != 0].tolist())

    return lambda paths: [transcribe_one(path) for path in paths]
