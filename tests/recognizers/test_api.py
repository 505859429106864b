"""A recognizer takes files and arrays alike, and says what is wrong with what it cannot take.

Whether it gives what the commands give is tested in tests/pipelines/test_library.py.
"""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.errors import InputError
from data_prep.features.hand_tracker import NoHandError
from data_prep.media import Media, MediaError
from recognizers import Recognizer, load
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy

FROZEN = Path(__file__).parents[1] / "frozen"
SPEECH, SIGNS = FROZEN / "an4.flac", FROZEN / "signs.npy"


@pytest.fixture(scope="module")
def speech() -> Recognizer:
    return load(FROZEN / "speech" / "bundle", num_threads=1)


@pytest.fixture(scope="module")
def signs() -> Recognizer:
    return load(FROZEN / "signs" / "bundle", num_threads=1)


def test_the_target_is_what_the_recognizer_was_trained_for(speech: Recognizer, signs: Recognizer) -> None:
    assert (speech.target, signs.target) == ("text", "label")


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
def test_sound_in_an_array_gives_the_same_as_its_file(speech: Recognizer, dtype: str) -> None:
    samples, rate_hz = soundfile.read(SPEECH, dtype=dtype)
    assert speech.transcribe(samples, rate_hz) == speech.transcribe(SPEECH)
    assert speech.transcribe(np.stack([samples, samples], axis=1), rate_hz).text == speech.transcribe(SPEECH).text


def test_a_path_a_string_and_a_media_are_the_same_source(speech: Recognizer) -> None:
    expected = speech.transcribe(SPEECH)
    assert expected.text
    assert speech.transcribe(str(SPEECH)) == speech.transcribe(Media(SPEECH)) == expected


def test_landmarks_in_an_array_give_the_same_as_their_file(signs: Recognizer) -> None:
    found = signs.classify(SIGNS)
    again = signs.classify(np.load(SIGNS), 30)
    assert (found.label, list(found.scores)) == (again.label, list(again.scores))
    assert found.scores == pytest.approx(again.scores, abs=1e-6)


def test_a_decoder_can_be_chosen_if_it_suits_the_recognizer(speech: Recognizer) -> None:
    greedy = load(FROZEN / "speech" / "bundle", decoder=Greedy())
    assert greedy.transcribe(SPEECH).text == speech.transcribe(SPEECH).text
    with pytest.raises(InputError, match="Beam decodes sequences"):
        load(FROZEN / "signs" / "bundle", decoder=Beam())


def test_the_wrong_method_names_the_right_one(speech: Recognizer, signs: Recognizer) -> None:
    with pytest.raises(InputError, match="gives a text for a clip, not a label; call transcribe"):
        speech.classify(SPEECH)
    with pytest.raises(InputError, match="gives a label for a clip, not a text; call classify"):
        signs.transcribe(SPEECH)


def test_settings_out_of_range_are_errors(speech: Recognizer, signs: Recognizer) -> None:
    for limit_s in (0.0, 121.0):
        with pytest.raises(InputError, match="whole_up_to_s must be from 1 to 120 s"):
            speech.transcribe(SPEECH, whole_up_to_s=limit_s)
        with pytest.raises(InputError, match="whole_up_to_s must be from 1 to 120 s"):
            signs.classify(SIGNS, whole_up_to_s=limit_s)
    with pytest.raises(InputError, match="rate_hz is for arrays"):
        speech.transcribe(SPEECH, 16_000)


def test_an_array_that_holds_no_such_media_is_an_error(speech: Recognizer, signs: Recognizer) -> None:
    with pytest.raises(MediaError, match="its rate is unknown; pass rate_hz"):
        speech.transcribe(np.zeros(10))
    for samples, rate_hz in ((np.zeros((2, 3, 4, 5)), 8000), (np.zeros(0), 8000)):
        with pytest.raises(MediaError):
            speech.transcribe(samples, rate_hz)
    with pytest.raises(NoHandError, match="no hand"):
        signs.classify(np.zeros((5, 21, 3)), 30)


def test_a_file_that_cannot_be_read_is_an_error_with_its_name(speech: Recognizer, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    for path, said in (
        (tmp_path / "none.wav", r"none\.wav: no such file"),
        (tmp_path / "text.wav", r"text\.wav: not readable as audio"),
        (tmp_path, "is a folder, expected a file"),
    ):
        with pytest.raises(MediaError, match=said):
            speech.transcribe(path)


def test_there_must_be_a_recognizer_for_the_runtime(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found no recognizer\.json in it"):
        load(tmp_path)
    with pytest.raises(InputError, match="runtime must be one of torch, onnx, onnx_int8; found 'tpu'"):
        load(FROZEN / "speech" / "onnx", "tpu")  # type: ignore[arg-type]


def test_an_unexpected_error_of_a_media_decoder_is_a_media_error(
    speech: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("decoder broke")

    monkeypatch.setattr("data_prep.features.mfcc.read_audio", fail)
    with pytest.raises(MediaError, match=r"an4\.flac: RuntimeError: decoder broke"):
        speech.transcribe(SPEECH)
