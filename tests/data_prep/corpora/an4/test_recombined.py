from collections import Counter
from pathlib import Path

import numpy as np

from data_prep.corpora.an4.an4 import An4
from data_prep.corpora.an4.recombined import An4Recombined
from data_prep.corpora.an4.word_alignments import read_spoken_words
from data_prep.media import read_audio


def an4_with_sound(root: Path, *names: str) -> Path:
    """Create utterances with known words; all samples of the n-th utterance are n * 1000."""
    for number, name in enumerate(names, start=1):
        path = root / "wav" / "an4_clstk" / name.split("-")[1] / f"{name}.raw"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(np.full(6 * 16000, number * 1000, ">i2").tobytes())
    ids = [f"an4_clstk/{name.split('-')[1]}/{name}" for name in names]
    (root / "etc").mkdir()
    (root / "etc" / "an4_train.fileids").write_text("".join(f"{name}\n" for name in ids))
    (root / "etc" / "an4_train.transcription").write_text("".join(f"<s> X </s> ({name})\n" for name in names))
    return root


def test_words_are_recombined_within_a_speaker(tmp_path: Path) -> None:
    names = ["cen7-fash-b", "an255-fash-b", "cen2-fash-b", "cen7-fbbh-b", "an90-fbbh-b"]
    root = an4_with_sound(tmp_path / "an4", *names)
    said = {name: [word for word in read_spoken_words(root) if word.utterance.endswith(name)] for name in names}
    assert all(said.values())
    corpus = An4Recombined(str(root), str(tmp_path / "made"), copies=2)
    clips = {clip.id: clip for clip in corpus.clips()}
    assert len(clips) == 2 * len(names)
    for name in names:
        own = {word.text for other in names if other.split("-")[1] == name.split("-")[1] for word in said[other]}
        speaker = name.split("-")[1]
        levels = {1000 * number for number, other in enumerate(names, start=1) if other.split("-")[1] == speaker}
        for copy in range(2):
            clip = clips[f"{copy}/an4_clstk/{speaker}/{name}"]
            words = str(clip.text).split()
            assert set(words) <= own
            assert [len(word) == 1 for word in words] == [len(word.text) == 1 for word in said[name]]
            assert (clip.speaker, clip.split) == (speaker, "train")
            samples, rate_hz = read_audio(clip.media, "int16")
            values, counts = np.unique(samples, return_counts=True)
            assert set(values[counts > 0.03 * rate_hz]) - {0} <= levels | set(range(-15, 16))
            assert len(samples) / rate_hz > 0.1 * len(words)
    texts = {clip_id: clip.text for clip_id, clip in clips.items()}
    assert len({texts[f"{copy}/an4_clstk/fash/cen2-fash-b"] for copy in range(2)}) == 2


def test_words_of_held_out_utterances_are_not_used_even_for_the_same_speaker(tmp_path: Path) -> None:
    names = [f"cen{number}-fash-b" for number in (1, 2, 4, 5, 7)]
    root = an4_with_sound(tmp_path / "an4", *names)
    held_out = [
        clip.id for clip in An4(str(root), validation_share=0.4, test_share=0.0).clips() if clip.split != "train"
    ]
    clips = An4Recombined(str(root), str(tmp_path / "made"), 2, validation_share=0.4).clips()
    assert len(clips) == 2 * (len(names) - len(held_out)) < 2 * len(names)
    levels = {1000 * (number + 1) for number, name in enumerate(names) if f"an4_clstk/fash/{name}" in held_out}
    for clip in clips:
        values, counts = np.unique(read_audio(clip.media, "int16")[0], return_counts=True)
        assert not levels & set(values[counts > 480])


def test_recordings_are_made_once_and_never_from_held_out_speakers(tmp_path: Path, caplog) -> None:
    names = ["cen7-fash-b", "cen2-fash-b", "cen7-fbbh-b", "cen7-mnfe-b", "cen7-mmkw-b"]
    root = an4_with_sound(tmp_path / "an4", *names)
    everybody = An4Recombined(str(root), str(tmp_path / "all")).clips()
    some = An4Recombined(str(root), str(tmp_path / "made"), validation_share=0.3).clips()
    trained = {
        clip.speaker for clip in An4(str(root), validation_share=0.3, test_share=0.0).clips() if clip.split == "train"
    }
    assert {clip.speaker for clip in some} == trained < {clip.speaker for clip in everybody}
    assert {clip.id: clip.text for clip in some}.items() <= {clip.id: clip.text for clip in everybody}.items()
    contents = {clip.id: (clip.path.read_bytes(), clip.path.stat().st_mtime_ns) for clip in everybody}
    assert all(clip.path.read_bytes() == contents[clip.id][0] for clip in some)
    everybody[0].path.unlink()
    again = An4Recombined(str(root), str(tmp_path / "all")).clips()
    assert again == everybody
    assert [clip.path.read_bytes() for clip in again] == [content for content, _ in contents.values()]
    assert [clip.path.stat().st_mtime_ns for clip in again[1:]] == [time for _, time in contents.values()][1:]
    others = An4Recombined(str(root), str(tmp_path / "all"), seed=1).clips()
    assert {clip.id for clip in others} == {clip.id for clip in everybody}
    assert not {clip.path for clip in others if clip.text != {clip.id: clip.text for clip in everybody}[clip.id]} & {
        clip.path for clip in everybody
    }
    assert An4Recombined(str(tmp_path), str(tmp_path / "none")).clips() == []
    assert f"none of AN4's recordings (wav/an4_clstk) is in {tmp_path}" in caplog.text
    assert not (tmp_path / "none").exists()
    (root / "wav" / "an4_clstk" / "fash" / "cen7-fash-b.raw").write_bytes(b"")
    fewer = An4Recombined(str(root), str(tmp_path / "new")).clips()
    assert 0 < len(fewer) < len(everybody)
    assert f"{len(everybody) - len(fewer)} recombined utterances are left out" in caplog.text
    assert "cen7-fash-b.raw" in caplog.text


def test_sentences_of_chosen_words_have_one_to_ten_of_them(tmp_path: Path) -> None:
    names = ["cen7-fash-b", "an255-fash-b", "cen2-fash-b"]
    root = an4_with_sound(tmp_path / "an4", *names)
    counts = Counter(word.text for word in read_spoken_words(root))
    chosen = tuple(word for word, _ in counts.most_common(3))
    clips = An4Recombined(str(root), str(tmp_path / "made"), copies=10, words=chosen).clips()
    assert len(clips) > 20
    said = [str(clip.text).split() for clip in clips]
    assert {word for words in said for word in words} <= set(chosen)
    assert {1, 10} <= {len(words) for words in said} <= set(range(1, 11))
