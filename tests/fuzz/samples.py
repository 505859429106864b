"""Undamaged files of every kind, each in a folder named ``reader.name``."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.store.signal_store import SignalStore, SignalWriter
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from recognizers.bundle.generator import GeneratorSpec, save_generator
from recognizers.bundle.spec import RecognizerSpec
from recognizers.bundle.weights import save_bundle
from recognizers.decoder.beam import Beam
from recognizers.ensemble.bundle import MEMBERS_NAME, copy_member, write_record
from recognizers.instantiate import describe
from recognizers.language_model.arpa import write_arpa
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary
from tests.data_prep.features.test_landmark_files import WRITERS, two_hands
from tests.data_prep.media.media_files import RATE_HZ, TONE, babble, grey_steps, write_video, write_with_ffmpeg

FEATURES = {"_target_": "data_prep.features.mfcc.Mfcc", "num_coefficients": 13, "num_mels": 26}
ENCODER = {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 1, "hidden_size": 8, "subsampling": 2}
CTC = {"_target_": "recognizers.head.ctc.Ctc", "unit": "character"}
LABELS = {"_target_": "recognizers.head.classification.Classification", "pooling": "attention"}
HANDS = {"_target_": "data_prep.features.hand_keypoints.HandKeypoints", "num_hands": 1}
GENERATION = {
    "_target_": "recognizers.head.generation.Generation",
    "components": 3,
    "mixtures": 2,
    "style": 2,
    "hidden_size": 8,
}
LANGUAGE_MODEL = witten_bell([["ab", "a"], ["ba"], ["a"]], 3)
SOUND = TONE[: RATE_HZ // 2]
SHAPE = (48, 64)


def write_samples(folder: Path) -> None:
    """Write a folder for each sample."""
    torch.manual_seed(0)
    for write in (_sound, _pictures, _landmarks, _series, _recognizers, _texts, _shards):
        write(lambda name: _create(folder / name))


def _create(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _sound(place: Callable[[str], Path]) -> None:
    kinds = ["wav", "flac", "mp3", "ogg", "aiff", "au", "caf", "w64", "sph"]
    for kind in kinds:
        how = {"format": "NIST"} if kind == "sph" else {}
        soundfile.write(place(f"sound.{kind}") / f"a.{kind}", SOUND, RATE_HZ, **how)
    soundfile.write(place("sound.opus") / "a.opus", SOUND, RATE_HZ, format="OGG", subtype="OPUS")
    soundfile.write(place("sound.adpcm") / "a.wav", SOUND, RATE_HZ, subtype="MS_ADPCM")
    write_with_ffmpeg(place("sound.m4a") / "a.m4a", SOUND)
    write_with_ffmpeg(place("sound.aac") / "a.aac", SOUND)
    for kind, codec in (("webm", "libopus"), ("mka", "flac"), ("alac.m4a", "alac")):
        write_with_ffmpeg(place(f"sound.{kind}") / f"a.{kind}", babble(RATE_HZ), codec=codec)
    write_video(place("sound.mp4") / "a.mp4", grey_steps(5), samples=SOUND)


def _pictures(place: Callable[[str], Path]) -> None:
    steps = np.random.default_rng(0).integers(0, 256, (6, *SHAPE, 3), np.uint8)
    photos = [Image.fromarray(step) for step in steps]
    for kind in ("jpg", "png", "webp", "tif", "bmp", "gif", "avif"):
        photos[0].save(place(f"pictures.{kind}") / f"a.{kind}")
    for kind in ("png", "webp", "gif"):
        photos[0].save(place(f"pictures.moving.{kind}") / f"a.{kind}", save_all=True, append_images=photos[1:])
    for kind in ("mp4", "mkv", "mov", "ts", "flv"):
        write_video(place(f"pictures.{kind}") / f"a.{kind}", list(steps))


def _landmarks(place: Callable[[str], Path]) -> None:
    for suffix, write in WRITERS.items():
        write(place(f"landmarks{suffix}") / f"a{suffix}", two_hands())
    table = np.random.default_rng(0).normal(size=(8, 66))
    np.savetxt(place("landmarks.txt") / "a.txt", table, fmt="%.5f")
    table = np.random.default_rng(0).normal(size=(8, 140))
    np.savetxt(place("landmarks.shrec21.txt") / "a.txt", table, fmt="%.5f", delimiter=";", newline=";\n")


def _series(place: Callable[[str], Path]) -> None:
    values = np.random.default_rng(0).normal(size=(20, 2))
    np.save(place("series.npy") / "a.npy", values)
    np.savetxt(place("series.csv") / "a.csv", values, delimiter=",")


def _recognizers(place: Callable[[str], Path]) -> None:
    letters = Vocabulary("character", ("a", "b", " "))
    beam = describe(Beam(LANGUAGE_MODEL, lm_weight=0.5, word_bonus=0.5, beam_size=4))
    specs = {
        "ctc": RecognizerSpec(FEATURES, ENCODER, CTC, letters),
        "beam": RecognizerSpec(FEATURES, ENCODER | {"cell": "gru"}, CTC, letters, decoder=beam),
        "labels": RecognizerSpec(FEATURES, ENCODER, LABELS, Vocabulary("label", ("go", "stop"))),
    }
    for name, spec in specs.items():
        _, encoder, head = spec.build()
        folder = place(f"bundle.{name}")
        save_bundle(folder, spec, encoder, head)
        if name != "beam":
            export(ExportConfig(model=str(folder), output_dir=str(place(f"export.{name}")), features_inside=False))
    forward = RecognizerSpec(FEATURES | {"cmvn": "none"}, ENCODER | {"direction": "forward"}, CTC, letters)
    save_bundle(place("bundle.forward"), forward, *forward.build()[1:])
    exported = place("streaming.ctc")
    export(ExportConfig(model=str(exported.parent / "bundle.forward"), output_dir=str(exported), features_inside=False))
    ensemble = place("ensemble.record")
    for number in range(2):
        copy_member(folder, ensemble, number)
    write_record(ensemble, ["runs/0", "runs/1"], {})
    shutil.rmtree(ensemble / MEMBERS_NAME)
    spec = GeneratorSpec(HANDS, GENERATION, Vocabulary("label", ("go", "stop")))
    _, network = spec.build()
    network.learn_scale([np.random.default_rng(0).random((20, 67), np.float32)])
    save_generator(place("generator.hands"), spec, network)


def _texts(place: Callable[[str], Path]) -> None:
    rows = [
        {
            "path": "a.wav",
            "text": 'say "hé", then',
            "speaker": "ann",
            "start_s": 0.5 * number,
            "end_s": 9,
            "id": str(number),
        }
        for number in range(20)
    ]
    cells = [list(map(str, row.values())) for row in rows]
    for kind, mark in (("csv", ","), ("tsv", "\t")):
        quoted = ["".join(f'"{cell.replace(chr(34), chr(34) * 2)}"{mark}' for cell in row)[:-1] for row in cells]
        (place(f"manifest.{kind}") / f"a.{kind}").write_text("\n".join([mark.join(rows[0]), *quoted]) + "\n")
    (place("manifest.jsonl") / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_arpa(place("arpa.lm") / "a.arpa", LANGUAGE_MODEL)
    word = {"word": "a", "start_s": 0.1, "end_s": 0.5, "confidence": 0.75}
    result = {"id": "a.wav", "path": "a.wav", "text": "a", "confidence": 0.5, "duration_s": 1.5, "words": [word]}
    lines = [json.dumps(result | {"key": "KEY"}) for _ in range(3)]
    (place("results.text") / "results.jsonl").write_text("\n".join(lines) + "\n")
    words = [word, word | {"word": "b", "start_s": 0.5, "end_s": 1.0}]
    aligned = [result | {"id": str(number), "words": words} for number in range(3)]
    (place("alignments.jsonl") / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in aligned))


def _shards(place: Callable[[str], Path]) -> None:
    rng = np.random.default_rng(0)
    with SignalWriter(SignalStore(place("shards.store"))) as writer:
        for number in range(5):
            writer.add(f"key {number}", Signal(rng.integers(-99, 99, 50 + number).astype(np.int16), 16_000))
        writer.add("hands", Signal(rng.normal(size=(7, 2, 2, 21, 3)).astype(np.float32), 30.0))
