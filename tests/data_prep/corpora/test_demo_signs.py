import json
from pathlib import Path

import pytest

from data_prep.corpora.demo_signs import HELD_SIGNS, LABELS, DemoSigns, keys_for_sign
from data_prep.errors import InputError
from data_prep.synthesis.signed_corpus import random_stream


def test_missing_videos_are_rendered_and_always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.corpora.demo_signs.LABELS", ("one", "close"))
    corpus = DemoSigns(tmp_path, train_signers=1, validation_signers=1, test_signers=0, takes=1, num_workers=0)
    clips = corpus.clips()
    assert [(clip.label, clip.split) for clip in clips] == [
        ("one", "train"),
        ("close", "train"),
        ("one", "validation"),
        ("close", "validation"),
    ]
    kept, remade = clips[0].path, clips[1].path
    written, before = kept.stat().st_mtime_ns, remade.read_bytes()
    remade.unlink()
    assert corpus.clips() == clips
    assert kept.stat().st_mtime_ns == written
    assert remade.read_bytes() == before


def test_every_signer_signs_every_label_in_a_single_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.synthesis.signed_corpus.make_missing", lambda *_: None)
    clips = DemoSigns("nowhere").clips()
    assert len(clips) == len({clip.id for clip in clips}) == len({clip.path for clip in clips}) == 480
    splits = {clip.speaker: {other.split for other in clips if other.speaker == clip.speaker} for clip in clips}
    assert all(len(of_signer) == 1 for of_signer in splits.values())
    assert {clip.label for clip in clips} == set(LABELS)


def test_close_has_the_keys_of_open() -> None:
    for label in ("open", "close"):
        keys = keys_for_sign(label, random_stream(0, "keys"))
        assert [key.handshape for key in keys] == ["fist", "open"]
    assert keys_for_sign("open", random_stream(0, "keys")) == keys_for_sign("close", random_stream(0, "keys"))


def test_no_two_signs_share_a_handshape() -> None:
    assert len(set(HELD_SIGNS.values())) == len(HELD_SIGNS)


def test_error_for_a_folder_made_with_another_seed(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text(json.dumps({"corpus": "demo_signs", "seed": 7}))
    with pytest.raises(InputError, match="seed 7"):
        DemoSigns(tmp_path).clips()


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"train_signers": 0}, {"takes": 0}, {"test_signers": -1}])
def test_error_for_an_impossible_setting_names_it(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        DemoSigns("nowhere", **wrong)
