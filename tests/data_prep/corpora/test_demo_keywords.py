from pathlib import Path

import pytest
import soundfile

pytest.importorskip("espeakng_loader", reason="the synthetic voice needs espeak-ng: pip install espeakng-loader")

from data_prep.corpora.demo_keywords import KEYWORDS, DemoKeywords


def test_every_keyword_is_equally_frequent(tmp_path: Path) -> None:
    clips = DemoKeywords(
        str(tmp_path), train_utterances=10, validation_utterances=0, test_utterances=10, num_workers=0
    ).clips()
    for split in ("train", "test"):
        assert sorted(clip.label or "" for clip in clips if clip.split == split) == sorted(KEYWORDS)
    assert all(clip.text is None and 0.4 < soundfile.info(clip.path).duration < 2.0 for clip in clips)
