import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("espeakng_loader", reason="the synthetic voice needs espeak-ng: pip install espeakng-loader")

from data_prep.corpora.demo_keywords import DemoKeywords
from data_prep.corpora.demo_speech import DemoSpeech
from data_prep.errors import InputError
from data_prep.manifest import SPLITS
from data_prep.synthesis.spoken_corpus import SAMPLE_RATE_HZ

SMALL = {"train_utterances": 6, "validation_utterances": 2, "test_utterances": 2, "num_workers": 0}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> DemoSpeech:
    small = DemoSpeech(str(tmp_path_factory.mktemp("speech")), **SMALL)
    small.clips()
    return small


def contents(root: str | Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(root).rglob("*.wav")}


def test_error_for_a_missing_package_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match="pip install espeakng-loader"):
        DemoSpeech(str(tmp_path), **SMALL).clips()


def test_a_complete_corpus_needs_no_package(corpus: DemoSpeech, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    assert len(corpus.clips()) == 10


def test_clips_have_texts_speakers_and_splits(corpus: DemoSpeech) -> None:
    clips = corpus.clips()
    assert [sum(clip.split == split for clip in clips) for split in SPLITS] == [6, 2, 2]
    assert len({clip.id for clip in clips}) == len(clips)
    for clip in clips:
        assert clip.path.is_file()
        assert clip.label is None
        assert clip.speaker is not None
        assert clip.text
        assert set(clip.text) <= set("abcdefghijklmnopqrstuvwxyz ")


def test_recordings_are_16_khz_mono_16_bit_and_neither_silent_nor_clipped(corpus: DemoSpeech) -> None:
    for clip in corpus.clips():
        info = soundfile.info(clip.path)
        assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE_HZ, 1, "PCM_16")
        assert 0.5 < info.duration < 6.0
        samples, _ = soundfile.read(clip.path)
        assert 0.09 < np.abs(samples).max() < 0.9


def test_a_missing_recording_is_made_again_with_identical_bytes(corpus: DemoSpeech) -> None:
    before = contents(corpus.root)
    lost, kept = (clip.path for clip in corpus.clips()[3:5])
    lost.unlink()
    kept_since = kept.stat().st_mtime_ns
    corpus.clips()
    assert contents(corpus.root) == before
    assert kept.stat().st_mtime_ns == kept_since


def test_bytes_do_not_depend_on_workers_or_on_the_number_of_utterances(corpus: DemoSpeech, tmp_path: Path) -> None:
    replace(corpus, root=str(tmp_path), num_workers=2, train_utterances=7).clips()
    made = contents(tmp_path)
    assert made.pop("train-00006.wav")
    assert made == contents(corpus.root)


def test_another_seed_needs_another_folder(corpus: DemoSpeech) -> None:
    with pytest.raises(InputError, match=r"seed 0 \(now 1\)"):
        replace(corpus, seed=1).clips()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"test_voices": 0}, r"corpus\.test_voices is 0, expected 1 or more"),
        ({"train_utterances": -1}, r"corpus\.train_utterances is -1, expected 0 or more"),
        ({"num_workers": -1}, r"corpus\.num_workers is -1, expected 0 or more"),
    ],
)
@pytest.mark.parametrize("kind", [DemoSpeech, DemoKeywords])
def test_error_for_an_impossible_setting(kind: type, settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        kind("anywhere", **settings)


def test_error_for_more_voices_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"test_voices is 5000, but there are only \d+ voices for that split"):
        DemoSpeech(str(tmp_path), test_voices=5000, **SMALL).clips()
