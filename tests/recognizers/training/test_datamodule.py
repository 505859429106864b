"""Prepared clips to batches."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from data_prep.manifest import Clip
from recognizers.augment.none import NoAugment
from recognizers.augment.speech import SpeechAugment
from recognizers.batch import Batch
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.training.consistency import disagreement
from recognizers.training.datamodule import ClipData, ClipDataset
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.training.targets import TargetClip, encode_targets
from recognizers.vocabulary import Vocabulary
from tests.recognizers.conftest import EXTRACTOR, StoreSignals

LETTERS = Vocabulary("character", tuple("abc"))
STRONG = SpeechAugment(speed=(0.8, 1.3), noise_share=1, time_masks=2, time_mask_share=0.2)


def make_targets(store_signals: StoreSignals, train: int = 10, validation: int = 5) -> tuple[Any, list[TargetClip]]:
    splits = ["train"] * train + ["validation"] * validation + ["test"]
    clips = [Clip(f"clip-{i}", Path(f"{i}.wav"), text="abc"[i % 3], split=split) for i, split in enumerate(splits)]
    prepared = store_signals(clips, [0.2 + 0.03 * i for i in range(len(clips))])
    encoder = BiLstm(EXTRACTOR.num_features, layers=1, hidden_size=4)
    targets, failures = encode_targets(prepared, EXTRACTOR.frame_rate_hz, encoder, Ctc(8, LETTERS))
    assert failures == []
    return prepared, targets


def frames_by_id(batches: Any) -> dict[str, np.ndarray]:
    found = {}
    for batch in batches:
        assert isinstance(batch, Batch)
        for clip_id, frames, length in zip(batch.ids, batch.frames, batch.frame_lengths.tolist(), strict=True):
            assert clip_id not in found
            found[clip_id] = frames[:length].numpy().copy()
    return found


def train_epoch(data: ClipData, epoch: int) -> dict[str, np.ndarray]:
    loader = data.train_dataloader()
    loader.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]
    return frames_by_id(loader)


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_augmentation_depends_on_seed_epoch_and_clip_but_not_on_workers(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)

    def data(num_workers: int = 0, seed: int = 7) -> ClipData:
        return ClipData(targets, prepared, EXTRACTOR, STRONG, 4, num_workers=num_workers, seed=seed)

    epoch_3 = train_epoch(data(), 3)
    assert sorted(epoch_3) == sorted(entry.clip.id for entry in targets if entry.clip.split == "train")
    assert same(train_epoch(data(num_workers=2), 3), epoch_3)
    for other in (train_epoch(data(), 4), train_epoch(data(seed=8), 3)):
        assert other.keys() == epoch_3.keys()
        assert all(not np.array_equal(other[name], epoch_3[name]) for name in epoch_3)
    # Variations depend neither on the batch size nor on the other clips.
    few = [entry for entry in targets if entry.clip.id in ("clip-2", "clip-9")]
    alone = train_epoch(ClipData(few, prepared, EXTRACTOR, STRONG, 1, seed=7), 3)
    assert same(alone, {name: epoch_3[name] for name in ("clip-2", "clip-9")})


@dataclass(frozen=True)
class Recorder:
    """Records a random number for each clip and changes nothing."""

    drawn: list[float] = field(default_factory=list)

    def draw_speed(self, rng: np.random.Generator) -> float:
        return 1.0

    def signal(self, signal: Signal, speed: float, rng: np.random.Generator) -> Signal:
        self.drawn.append(rng.random())
        return signal

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        return frames


def test_each_epoch_draws_new_variations(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals, train=6, validation=2)
    recorder = Recorder()
    data = ClipData(targets, prepared, EXTRACTOR, recorder, batch_size=4)
    module = SequenceRecognizer(BiLstm(EXTRACTOR.num_features, layers=1, hidden_size=4), Ctc(8, LETTERS))
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pl.Trainer(
        max_epochs=3, accelerator="cpu", num_sanity_val_steps=0, use_distributed_sampler=False, **quiet
    )
    trainer.fit(module, data)
    assert len(recorder.drawn) == 3 * 6
    assert len(set(recorder.drawn)) == 3 * 6


def test_validation_is_never_augmented(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)
    data = ClipData(targets, prepared, EXTRACTOR, STRONG, batch_size=4)
    batches = list(data.val_dataloader())
    found = frames_by_id(batches)
    plain = {
        entry.clip.id: EXTRACTOR.frames(prepared.signal(entry.clip)).values
        for entry in targets
        if entry.clip.split == "validation"
    }
    assert len(plain) == 5
    assert same(found, plain)
    lengths = torch.cat([batch.frame_lengths for batch in batches]).tolist()
    assert lengths == sorted(lengths)


def test_batches_contain_the_targets_of_their_clips(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)
    wanted = {entry.clip.id: entry.clip.text for entry in targets}
    for batch in ClipData(targets, prepared, EXTRACTOR, NoAugment(), batch_size=3).train_dataloader():
        assert isinstance(batch, Batch)
        assert len(batch) <= 3
        for clip_id, ids, length in zip(batch.ids, batch.targets, batch.target_lengths, strict=True):
            assert LETTERS.decode(ids[:length].tolist()) == wanted[clip_id]


@pytest.mark.parametrize(("text", "kept_plain"), [("abcabcabcabcabcabc", True), ("abc", False)])
def test_a_variation_too_fast_for_its_target_falls_back_to_the_plain_clip(
    store_signals: StoreSignals, text: str, kept_plain: bool
) -> None:
    prepared = store_signals([Clip("one", Path("one.wav"), text=text, split="train")], [0.2])
    encoder, head = BiLstm(EXTRACTOR.num_features, layers=1, hidden_size=4).eval(), Ctc(8, LETTERS)
    targets, _ = encode_targets(prepared, EXTRACTOR.frame_rate_hz, encoder, head)
    fast = SpeechAugment(speed=(4, 4), noise_share=0, time_masks=0)
    first, second = ClipDataset(targets, prepared, EXTRACTOR, fast, views=2)[0, 0, 0]
    plain = EXTRACTOR.frames(prepared.signal(targets[0].clip)).values
    assert np.array_equal(first.frames, plain) == np.array_equal(second.frames, plain) == kept_plain
    assert len(first.frames) == (20 if kept_plain else 5)
    batch = Batch.from_examples([first])
    encoded, lengths = encoder(batch.frames, batch.frame_lengths)
    assert torch.isfinite(head.loss(encoded, lengths, batch.targets, batch.target_lengths))


def test_views_of_a_clip_share_its_signal_and_differ_in_their_masks(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals, train=3, validation=0)
    masks = SpeechAugment(speed=(0.8, 1.2), time_masks=4, time_mask_share=0.3)
    data = ClipData(targets, prepared, EXTRACTOR, masks, batch_size=3, views=2)
    batch = next(iter(data.train_dataloader()))
    first, second = batch.frames.chunk(2)
    assert batch.ids[:3] == batch.ids[3:]
    assert torch.equal(*batch.frame_lengths.chunk(2))
    assert torch.equal(*batch.targets.chunk(2))
    assert not torch.equal(first, second)
    unmasked = (first != 0) & (second != 0) & ((first - second).abs() < 1e-3)
    assert unmasked.float().mean() > 0.3


def test_sound_without_words_has_an_empty_target_that_can_be_learned(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)
    wordless = SpeechAugment(wordless_share=1.0)
    data = ClipData(targets, prepared, EXTRACTOR, wordless, batch_size=4, views=2, may_be_empty=True)
    encoder, head = BiLstm(EXTRACTOR.num_features, layers=1, hidden_size=4), Ctc(8, LETTERS)
    for batch in data.train_dataloader():
        assert batch.target_lengths.tolist() == [0] * len(batch)
        encoded, lengths = encoder(batch.frames, batch.frame_lengths)
        loss = head.loss(encoded, lengths, batch.targets, batch.target_lengths)
        loss.backward()
        assert 0 < float(loss.detach()) < 1e4
        assert torch.isfinite(disagreement(head.log_probs(encoded, lengths), lengths, batch.target_lengths))
    labels = ClipData(targets, prepared, EXTRACTOR, wordless, batch_size=4)
    assert all((batch.target_lengths > 0).all() for batch in labels.train_dataloader())


def test_the_test_split_is_ignored(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)
    data = ClipData(targets, prepared, EXTRACTOR, NoAugment(), batch_size=4)
    seen = {entry.clip.split for dataset in (data.train, data.validation) for entry in dataset.clips}
    assert seen == {"train", "validation"}


def test_a_corpus_without_validation_has_no_validation_batches(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals, validation=0)
    assert list(ClipData(targets, prepared, EXTRACTOR, NoAugment(), batch_size=4).val_dataloader()) == []


def test_missing_training_clips_and_invalid_batch_sizes_are_refused(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals, train=1)
    with pytest.raises(InputError, match=r"no clip is left for training; failures\.jsonl"):
        ClipData(targets[1:], prepared, EXTRACTOR, NoAugment(), batch_size=4)
    with pytest.raises(InputError, match="batch_size and batch_frames must be at least 1; found 0"):
        ClipData(targets, prepared, EXTRACTOR, NoAugment(), batch_size=0)


def balanced(targets: list[TargetClip], of_group_b: int) -> list[TargetClip]:
    return [replace(entry, group="b" if number < of_group_b else "a") for number, entry in enumerate(targets)]


def test_a_clip_that_occurs_several_times_in_an_epoch_varies_each_time(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)
    data = ClipData(balanced(targets, of_group_b=1), prepared, EXTRACTOR, STRONG, batch_size=4, seed=7)
    frames = [
        each[:length].numpy()
        for batch in data.train_dataloader()
        for clip_id, each, length in zip(batch.ids, batch.frames, batch.frame_lengths.tolist(), strict=True)
        if clip_id == "clip-0"
    ]
    assert len(frames) == 5  # half of the ten clips
    assert len({each.tobytes() for each in frames}) == 5


def test_neither_validation_nor_overfitted_batches_are_balanced(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)
    data = ClipData(balanced(targets, of_group_b=1), prepared, EXTRACTOR, NoAugment(), batch_size=4)
    assert len(frames_by_id(data.val_dataloader())) == 5  # asserts that no clip occurs twice
    data.trainer = pl.Trainer(overfit_batches=1, logger=False, enable_checkpointing=False)
    assert len(frames_by_id(data.train_dataloader())) == 10


def test_a_resumed_balanced_epoch_goes_on_where_it_stopped(store_signals: StoreSignals) -> None:
    prepared, targets = make_targets(store_signals)
    entries = balanced(targets, of_group_b=2)
    whole, stopped, resumed = (ClipData(entries, prepared, EXTRACTOR, STRONG, batch_size=3) for _ in range(3))
    batches = list(whole.train_dataloader())
    for _ in zip(range(2), stopped.train_dataloader(), strict=False):
        pass
    resumed.load_state_dict(stopped.state_dict())
    left = list(resumed.train_dataloader())
    assert [batch.ids for batch in left] == [batch.ids for batch in batches[2:]]
    assert all(torch.equal(a.frames, b.frames) for a, b in zip(left, batches[2:], strict=True))
