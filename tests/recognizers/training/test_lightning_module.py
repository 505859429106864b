"""The trainable whole: it learns, and says so when it cannot."""

import math
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from data_prep.errors import InputError
from recognizers.batch import Batch, Example
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.classification import Classification
from recognizers.head.ctc import Ctc
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.training.metrics import error_rate_metrics
from recognizers.vocabulary import Vocabulary

pytestmark = pytest.mark.filterwarnings("ignore:.*validation_step.*", "ignore:.*barebones.*")

FEATURES = 6
LETTERS = Vocabulary("character", tuple(" abcd"))
DIRECTIONS = Vocabulary("label", ("falling", "rising"))


def loader(batches: list[Batch]) -> DataLoader[Batch]:
    return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]


def fit(module: SequenceRecognizer, batches: list[Batch], epochs: int, **settings: Any) -> pl.Trainer:
    trainer = pl.Trainer(
        **{"accelerator": "cpu", "max_epochs": epochs, "barebones": True, "gradient_clip_val": 1.0} | settings
    )
    trainer.fit(module.train(), loader(batches))
    return trainer


def validate(module: SequenceRecognizer, batches: list[Batch]) -> list[Any]:
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    return list(trainer.validate(module, loader(batches), verbose=False))


def loss_of(module: SequenceRecognizer, batch: Batch) -> float:
    module.eval()
    with torch.no_grad():
        encoded, lengths = module(batch.frames, batch.frame_lengths)
        return module.head.loss(encoded, lengths, batch.targets, batch.target_lengths).item()


def answers(module: SequenceRecognizer, batch: Batch) -> list[str]:
    module.eval()
    with torch.no_grad():
        encoded, lengths = module(batch.frames, batch.frame_lengths)
        log_probs = module.head.log_probs(encoded, lengths)
        return [each.text for each in module.head.interpreter.predictions(log_probs.numpy(), lengths.numpy())]


def spoken(texts: list[str]) -> Batch:
    rng = np.random.default_rng(0)
    return Batch.from_examples(
        [
            Example(
                text, rng.standard_normal((20 + 4 * index, FEATURES)).astype(np.float32), LETTERS.encode(text), text
            )
            for index, text in enumerate(texts)
        ]
    )


@pytest.mark.parametrize(
    "settings", [{"cell": "lstm"}, {"cell": "gru", "subsampling": 2, "subsample_by": "convolution"}]
)
def test_a_single_batch_can_be_overfitted(settings: dict[str, Any]) -> None:
    texts = ["abba", "cd", "a b c", "ddd"]
    batch = spoken(texts)
    encoder = BiLstm(FEATURES, layers=1, hidden_size=32, dropout=0, **settings)
    module = SequenceRecognizer(encoder, Ctc(encoder.num_outputs, LETTERS), learning_rate=1e-2)
    before = loss_of(module, batch)
    fit(module, [batch], epochs=80)
    assert loss_of(module, batch) < before / 10
    assert answers(module, batch) == texts


def ordered(clips: int, seed: int) -> Batch:
    """Clips whose first feature rises, and the same clips reversed; the other features are noise."""
    rng = np.random.default_rng(seed)
    examples = []
    for index in range(clips):
        frames = rng.standard_normal((int(rng.integers(5, 13)), FEATURES)).astype(np.float32)
        frames = frames[np.argsort(frames[:, 0])]
        for label, values in (("rising", frames), ("falling", frames[::-1].copy())):
            examples.append(Example(f"{label}-{index}", values, DIRECTIONS.encode(label), label))
    return Batch.from_examples(examples)


def accuracy(module: SequenceRecognizer, batch: Batch) -> float:
    wanted = [clip_id.split("-")[0] for clip_id in batch.ids]
    return float(np.mean([answer == want for answer, want in zip(answers(module, batch), wanted, strict=True)]))


class PlainFrames(nn.Module):
    """An encoder that returns the frames unchanged."""

    num_outputs, subsampling = FEATURES, 1

    def output_lengths(self, lengths: torch.Tensor) -> torch.Tensor:
        return lengths

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return frames, lengths


@pytest.mark.parametrize("pooling", ["attention", "mean", "last"])
def test_the_order_of_frames_is_learned(pooling: Any) -> None:
    train, test = [ordered(16, seed) for seed in range(6)], ordered(50, seed=99)
    encoder = BiLstm(FEATURES, layers=1, hidden_size=16, dropout=0)
    head = Classification(encoder.num_outputs, DIRECTIONS, pooling=pooling, dropout=0)
    module = SequenceRecognizer(encoder, head, learning_rate=2e-2)
    fit(module, train, epochs=12)
    assert accuracy(module, test) > 0.9

    if pooling != "last":
        plain = SequenceRecognizer(
            PlainFrames(), Classification(FEATURES, DIRECTIONS, pooling=pooling, dropout=0), learning_rate=2e-2
        )
        fit(plain, train, epochs=3)
        assert accuracy(plain, test) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_makes_all_gradients_nan(value: float) -> None:
    """NaN in every process makes all of them skip the step."""
    module = SequenceRecognizer(BiLstm(FEATURES, layers=1, hidden_size=4), Ctc(8, LETTERS))
    too_long = Example("clip-17", np.zeros((3, FEATURES), np.float32), LETTERS.encode("abcd"))
    odd = Example("clip-18", np.full((9, FEATURES), value, np.float32), LETTERS.encode("ab"))
    fine = Example("clip-19", np.zeros((9, FEATURES), np.float32), LETTERS.encode("ab"))
    trainer = pl.Trainer(accelerator="cpu", barebones=True)
    trainer.strategy.connect(module)
    module.trainer = trainer
    for bad in (too_long, odd):
        module.zero_grad()
        module.training_step(Batch.from_examples([bad, fine]), 0).backward()
        assert all(parameter.grad.isnan().all() for parameter in module.parameters())
    module.zero_grad()
    module.training_step(Batch.from_examples([fine]), 0).backward()
    assert all(parameter.grad.isfinite().all() for parameter in module.parameters())


def rates(warmup_share: float, steps: int) -> list[float]:
    """Train for some steps and return the learning rate of each."""
    encoder = BiLstm(FEATURES, layers=1, hidden_size=2)
    module = SequenceRecognizer(
        encoder, Ctc(encoder.num_outputs, LETTERS), learning_rate=0.5, warmup_share=warmup_share
    )
    seen: list[float] = []
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[
            pl.callbacks.LambdaCallback(
                on_train_batch_start=lambda trainer, *_: seen.append(trainer.optimizers[0].param_groups[0]["lr"])
            )
        ],
    )
    trainer.fit(module, loader([spoken(["ab"])] * (steps // 2)))
    return seen


def test_the_learning_rate_rises_linearly_and_falls_as_a_cosine() -> None:
    seen = rates(0.2, 20)
    rising = [0.5 * (step + 1) / 4 for step in range(4)]
    falling = [0.25 * (1 + math.cos(math.pi * step / 16)) for step in range(16)]
    assert seen == pytest.approx(rising + falling)
    assert max(seen) == 0.5


@pytest.mark.parametrize(("share", "first", "last"), [(0.0, 0.5, 0.0), (1.0, 0.05, 0.5)])
def test_warmup_can_take_none_or_all_of_the_steps(share: float, first: float, last: float) -> None:
    seen = rates(share, 10)
    assert seen[0] == pytest.approx(first)
    assert seen[-1] == pytest.approx(last, abs=0.02)


def test_training_without_a_last_epoch_is_refused() -> None:
    encoder = BiLstm(FEATURES, layers=1, hidden_size=2)
    module = SequenceRecognizer(encoder, Ctc(encoder.num_outputs, LETTERS))
    with pytest.raises(InputError, match=r"trainer\.max_epochs must be above 0"):
        fit(module, [spoken(["ab"])], epochs=-1)


def test_validation_metrics_are_computed_over_all_clips() -> None:
    texts = ["abba", "cd", "a b c"]
    batch = spoken(texts)
    encoder = BiLstm(FEATURES, layers=1, hidden_size=8, dropout=0)
    module = SequenceRecognizer(encoder, Ctc(encoder.num_outputs, LETTERS))
    wer, cer = (metric for metric in error_rate_metrics(Ctc(2, LETTERS).interpreter.error_rates).values())
    for metric in (wer, cer):
        metric.update(answers(module, batch), texts)
    for batches in ([batch], split(batch)):
        [values] = validate(module, batches)
        assert values["val/wer"] == pytest.approx(wer.compute().item())
        assert values["val/cer"] == pytest.approx(cer.compute().item())
        assert values["val/loss"] == pytest.approx(loss_of(module, batch), rel=1e-4)
        assert values["val/selection"] == pytest.approx(
            values["val/cer"] + 1e-4 * values["val/loss"] / (1 + values["val/loss"]), rel=1e-6
        )


def test_the_smaller_loss_breaks_ties_of_accuracy() -> None:
    encoder = BiLstm(FEATURES, layers=1, hidden_size=8, dropout=0)
    module = SequenceRecognizer(encoder, Classification(encoder.num_outputs, DIRECTIONS, dropout=0))
    [values] = validate(module, [ordered(10, seed=0)])
    expected = 1 - values["val/accuracy"] + 1e-4 * values["val/loss"]
    assert values["val/selection"] == pytest.approx(expected, rel=1e-4)
    assert 0 < values["val/accuracy"] < 1


@pytest.mark.parametrize("batched", [True, False])
def test_validation_clips_that_cannot_be_learned_are_scored_without_a_loss(batched: bool) -> None:
    learned = spoken(["abba", "cd"])
    strange = Example("strange", np.zeros((12, FEATURES), np.float32), (), "xyz")
    batch = Batch.from_examples([*examples_of(learned), strange])
    encoder = BiLstm(FEATURES, layers=1, hidden_size=8, dropout=0)
    module = SequenceRecognizer(encoder, Ctc(encoder.num_outputs, LETTERS))
    [values] = validate(module, [batch] if batched else split(batch))
    metric = error_rate_metrics(module.head.interpreter.error_rates)["cer"]
    metric.update(answers(module, batch), ["abba", "cd", "xyz"])
    assert values["val/cer"] == pytest.approx(metric.compute().item())
    assert values["val/loss"] == pytest.approx(loss_of(module, learned), rel=1e-4)


def test_a_validation_without_anything_to_learn_still_selects_by_the_score() -> None:
    batch = Batch.from_examples([Example("strange", np.zeros((12, FEATURES), np.float32), (), "up")])
    encoder = BiLstm(FEATURES, layers=1, hidden_size=8, dropout=0)
    module = SequenceRecognizer(encoder, Classification(encoder.num_outputs, DIRECTIONS, dropout=0))
    [values] = validate(module, [batch])
    assert (values["val/accuracy"], values["val/selection"]) == (0, 1)


def examples_of(batch: Batch) -> list[Example]:
    """Take a batch apart."""
    return [
        Example(each.ids[0], each.frames[0].numpy(), each.targets[0].tolist(), each.references[0])
        for each in split(batch)
    ]


def split(batch: Batch) -> list[Batch]:
    """Split a batch into batches of one clip."""
    return [
        Batch(
            batch.frames[[i], :length],
            batch.frame_lengths[[i]],
            batch.targets[[i], :target_length],
            batch.target_lengths[[i]],
            (batch.ids[i],),
            (batch.references[i],),
        )
        for i, (length, target_length) in enumerate(
            zip(batch.frame_lengths.tolist(), batch.target_lengths.tolist(), strict=True)
        )
    ]


def test_metrics_are_reset_and_moved_with_the_module_but_are_not_weights() -> None:
    encoder = BiLstm(FEATURES, layers=1, hidden_size=4)
    module = SequenceRecognizer(encoder, Ctc(encoder.num_outputs, LETTERS))
    assert {name.split(".")[0] for name in module.state_dict()} == {"encoder", "head"}
    assert set(module.val_metrics.values()) <= set(module.modules())
