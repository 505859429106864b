"""Drawn clips are written as landmarks and videos that can be read back; what cannot be drawn is refused first."""

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.landmark_files import read_landmarks
from data_prep.manifest import read_manifest
from data_prep.media import Media
from pipelines.cli.generate_schema import GenerateConfig
from pipelines.inference import generate_clips
from pipelines.inference.generate_clips import choose_formats, draw_clip, generate, targets_to_draw
from recognizers.bundle.generator import GeneratorSpec, load_generator, save_generator
from recognizers.vocabulary import Vocabulary

FEATURES = {"_target_": "data_prep.features.hand_keypoints.HandKeypoints", "num_hands": 2, "frame_rate_hz": 15.0}
HEAD = {"_target_": "recognizers.head.generation.Generation", "hidden_size": 8, "components": 3, "mixtures": 2}
LABELS = Vocabulary("label", ("hello", "thank you", "thank-you/../x", "Ω"))
WORDS = Vocabulary("word", ("HELLO", "YOU"))


def write_model(folder: Path, vocabulary: Vocabulary) -> Path:
    spec = GeneratorSpec(FEATURES, {**HEAD, "unit": vocabulary.unit}, vocabulary)
    _, network = spec.build()
    values = np.random.default_rng(0).normal(0, 0.3, (40, 2, 67)).astype(np.float32)
    values[..., -1] = 1
    network.learn_scale([values.reshape(40, -1)])
    save_generator(folder, spec, network)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model", LABELS)


def landmarks(path: Path) -> np.ndarray:
    return read_landmarks(Media(path)).values


def test_every_format_shows_the_same_clip(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcome = generate(GenerateConfig(str(model), str(out), label="hello", count=2, max_s=1.0))
    assert outcome.result["clips"] == 2
    files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    assert files == [
        "generated.json",
        "manifest.jsonl",
        *(f"{kind}/hello/hello_000{number}.{kind}" for kind in ("mp4", "npz", "pose") for number in (0, 1)),
    ]
    for number in (0, 1):
        values = landmarks(out / f"npz/hello/hello_000{number}.npz")
        pose = landmarks(out / f"pose/hello/hello_000{number}.pose")
        np.testing.assert_allclose(pose / 1000, values, atol=1e-4)
        with av.open(str(out / f"mp4/hello/hello_000{number}.mp4")) as video:
            pictures = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
        assert len(pictures) == len(values)
        assert all(picture.std() > 5 for picture in pictures)
    assert outcome.result["duration_s"] == pytest.approx(
        sum(len(landmarks(path)) for path in (out / "npz/hello").iterdir()) / 30, abs=1e-3
    )


def test_the_manifest_makes_a_corpus_of_training_clips(model: Path, tmp_path: Path) -> None:
    generate(GenerateConfig(str(model), str(tmp_path / "out"), count=2, formats=["npz"], max_s=1.0))
    clips = read_manifest(tmp_path / "out/manifest.jsonl")
    assert [clip.label for clip in clips] == [label for label in LABELS.symbols for _ in range(2)]
    assert {clip.split for clip in clips} == {"train"}
    assert all(clip.path.is_file() and clip.path.is_relative_to(tmp_path / "out/npz") for clip in clips)
    assert len({clip.path.parent.name.lower() for clip in clips}) == len(LABELS.symbols)


def test_draws_differ_by_number_and_seed_and_repeat_with_equal_ones(model: Path, tmp_path: Path) -> None:
    drawn = {}
    for name, seed, count in (("a", 0, 2), ("b", 0, 1), ("c", 1, 1)):
        settings = GenerateConfig(str(model), str(tmp_path / name), label=["hello"], seed=seed, count=count, max_s=1.0)
        settings.formats = ["npz"]
        generate(settings)
        for path in (tmp_path / name / "npz/hello").iterdir():
            drawn[name, path.stem] = landmarks(path)
    first, second = drawn["a", "hello_0000"], drawn["a", "hello_0001"]
    np.testing.assert_array_equal(first, drawn["b", "hello_0000"])
    for other in (second, drawn["c", "hello_0000"]):
        assert first.shape != other.shape or not np.allclose(first, other, equal_nan=True)


def test_frames_are_interpolated_between_those_of_the_generator(model: Path) -> None:
    generator = load_generator(model)
    own, twice = (draw_clip(generator, [0], [0], max_s=1.0, frame_rate_hz=rate_hz) for rate_hz in (15.0, 30.0))
    assert (own.rate_hz, twice.rate_hz) == (15.0, 30.0)
    assert len(twice.values) == 2 * len(own.values)
    np.testing.assert_allclose(twice.values[::2], own.values, atol=1e-6)
    between, middle = twice.values[1:-1:2], (own.values[:-1] + own.values[1:]) / 2
    shown = np.isfinite(middle)
    np.testing.assert_allclose(between[shown], middle[shown], atol=1e-6)


def test_a_text_is_drawn_with_its_symbols(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", WORDS)
    generate(GenerateConfig(str(model), str(tmp_path / "out"), text="HELLO  YOU", formats=["npz"], max_s=1.0))
    [clip] = read_manifest(tmp_path / "out/manifest.jsonl")
    assert clip.text == "HELLO YOU"
    assert clip.path == tmp_path / "out/npz/HELLO_YOU/HELLO_YOU_0000.npz"
    assert json.loads((tmp_path / "out/generated.json").read_text())["temperature"] == 0.5


@pytest.mark.parametrize(
    ("vocabulary", "settings", "message"),
    [
        (LABELS, {"label": "helo"}, "label=helo: this generator has not learned that label; did you mean 'hello'"),
        (LABELS, {"label": "goodbye"}, "has not learned that label; it knows hello, thank you, "),
        (LABELS, {"label": 7}, "label=7: this generator has not learned that label"),
        (LABELS, {"text": "hello"}, "text=hello: this generator draws labels; give label=LABEL, one of hello, "),
        (LABELS, {"label": []}, "nothing to draw"),
        (WORDS, {"label": "HELLO"}, "this generator draws texts, of words; give text=TEXT instead of a label"),
        (WORDS, {}, "give text=TEXT"),
        (WORDS, {"text": " "}, "nothing to draw"),
        (WORDS, {"text": "HELLO ME"}, "text=HELLO ME: the target 'HELLO ME' contains words .*: 'ME'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(vocabulary: Vocabulary, settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        targets_to_draw(vocabulary, settings.get("label"), settings.get("text"))  # type: ignore[arg-type]


def test_an_output_that_exists_is_left_alone(model: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(InputError, match="exists; give a new folder"):
        generate(GenerateConfig(str(model), str(tmp_path / "out")))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_interrupted_call_leaves_no_folder(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(generate_clips.WRITERS, "npz", interrupt)
    with pytest.raises(KeyboardInterrupt):
        generate(GenerateConfig(str(model), str(tmp_path / "out"), formats=["npz"]))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("out")]


def test_pose_is_left_out_where_its_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_formats(None) == ["npz", "pose", "mp4"]
    assert choose_formats(["mp4", "npz"]) == ["npz", "mp4"]
    monkeypatch.setattr(generate_clips, "is_installed", lambda package: False)
    assert choose_formats(None) == ["npz", "mp4"]
    with pytest.raises(InputError, match="formats=pose needs the package pose_format"):
        choose_formats(["pose"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GenerateConfig("m", "o", count=0), "count must be at least 1; found 0"),
        (lambda: GenerateConfig("m", "o", temperature=-1), "temperature must be from 0 to 10; found -1"),
        (lambda: GenerateConfig("m", "o", max_s=0), "max_s must be above 0 and at most 3600; found 0"),
        (lambda: GenerateConfig("m", "o", frame_rate_hz=0), "frame_rate_hz must be from 1 to 120; found 0"),
        (lambda: GenerateConfig("m", "o", formats=["gif"]), "formats must be one of npz, pose, mp4; found 'gif'"),
        (lambda: GenerateConfig("m", "o", formats=[]), "formats must be one or more of npz, pose, mp4"),
    ],
)
def test_settings_out_of_range_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
