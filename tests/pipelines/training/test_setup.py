"""Everything is ready before the first step, and what does not fit is an error by then."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from data_prep.errors import InputError
from pipelines.cli.schema import TrainConfig
from pipelines.training.setup import make_data, make_module, set_up_training
from recognizers.decoder.greedy import Greedy
from tests.pipelines.cli.test_schema import composed
from tests.pipelines.conftest import quick, write_tones

Configure = Callable[..., TrainConfig]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 20 clips in three splits."""
    root = write_tones(tmp_path_factory.mktemp("setup") / "tones", clips=20)
    change(root, lambda rows: [row | {"split": split_of(number)} for number, row in enumerate(rows)])
    return root


def split_of(number: int) -> str:
    return "test" if number >= 17 else "validation" if number >= 14 else "train"


def change(root: Path, edit: Callable[[list[dict]], list[dict]]) -> None:
    path = root / "manifest.jsonl"
    rows = edit([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def configure(root: Path, folder: Path, *more: str) -> TrainConfig:
    return composed(*quick(root, folder / "run")[:-1], *more)


def test_clips_targets_and_parts_fit_together(corpus: Path, tmp_path: Path) -> None:
    setup = set_up_training(configure(corpus, tmp_path))
    assert len(setup.clips) == len(setup.prepared.clips) == 20
    assert len(setup.targets) == 17  # no test clip has a target
    assert setup.failures == []
    assert setup.spec.vocabulary.symbols == ("a", "b", "c")
    assert setup.head.interpreter.decoder == setup.decoder == Greedy()


def test_the_module_learns_the_scale_of_the_training_features(corpus: Path, tmp_path: Path) -> None:
    cfg = configure(corpus, tmp_path)
    setup = set_up_training(cfg)
    data = make_data(cfg, setup, tmp_path)
    make_module(cfg, setup, data)
    frames = torch.cat([torch.as_tensor(each) for each in data.train.plain_frames(1000)])
    scaled = setup.encoder.standardize(frames[None])[0]
    torch.testing.assert_close(scaled.mean(dim=0), torch.zeros(scaled.shape[1]), atol=1e-3, rtol=0)
    torch.testing.assert_close(scaled.std(dim=0), torch.ones(scaled.shape[1]), atol=1e-2, rtol=0)


def test_balance_draws_the_groups_equally_often_and_says_so(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cfg = configure(corpus, tmp_path, "balance=speaker")
    with caplog.at_level("INFO"):
        data = make_data(cfg, set_up_training(cfg), tmp_path)
    batches = list(data.train_dataloader().batch_sampler)
    speakers = [data.train.clips[index].clip.speaker for batch in batches for _, index, _ in batch]
    counts = [speakers.count(name) for name in set(speakers)]
    assert sum(counts) == 14
    assert max(counts) - min(counts) <= 1
    assert "balance=speaker: 10 groups, each drawn 1.4 times in an epoch of 14 clips" in caplog.text


def test_a_test_clip_without_a_target_is_an_error(tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=20)
    change(root, lambda rows: [row | {"split": split_of(number)} for number, row in enumerate(rows)])
    change(root, lambda rows: [*rows[:-1], {name: value for name, value in rows[-1].items() if name != "text"}])
    with pytest.raises(InputError, match="clip 19: has no text"):
        set_up_training(configure(root, tmp_path))


def test_a_decoder_that_does_not_fit_is_an_error(corpus: Path, tmp_path: Path) -> None:
    arpa = tmp_path / "lm.arpa"
    arpa.write_text("\\data\\\nngram 1=3\n\n\\1-grams:\n-1 <s>\n-1 </s>\n-1 ZZZ\n\n\\end\\\n", encoding="utf-8")
    more = ["decoder=beam", f"decoder.language_model={arpa}", "decoder.lm_weight=0.5", "decoder.word_bonus=0"]
    with pytest.raises(InputError, match="can be written with the recognizer's characters"):
        set_up_training(configure(corpus, tmp_path, *more))
