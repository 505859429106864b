import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import data_prep.store.shard
from data_prep.store.shard import ShardError, read_header, write_shard

VALUES = {
    "sound": np.arange(-50, 50, dtype=np.int16),
    "hands": np.random.default_rng(0).standard_normal((7, 2, 2, 21, 3)).astype(np.float32),
    "mask": np.array([True, False, True]),
}
RATES_HZ = {"sound": 16_000, "hands": 29.97, "mask": 1.0}


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    path = tmp_path / "a.safetensors"
    write_shard(path, VALUES, RATES_HZ)
    return path


@pytest.mark.parametrize("with_preadv", [True, False])
def test_arrays_and_rates_are_read_as_written(shard: Path, monkeypatch: pytest.MonkeyPatch, with_preadv: bool) -> None:
    if not with_preadv:
        monkeypatch.delattr(os, "preadv", raising=False)
    entries = read_header(shard)
    assert {key: entry.rate_hz for key, entry in entries.items()} == RATES_HZ
    with open(shard, "rb", buffering=0) as file:
        for key, values in VALUES.items():
            found = entries[key].read(file.fileno())
            assert found.dtype == values.dtype
            np.testing.assert_array_equal(found, values)


def test_the_safetensors_library_reads_a_shard(shard: Path) -> None:
    for key, values in load_file(shard).items():
        np.testing.assert_array_equal(values, VALUES[key])


def test_a_shard_truncated_after_it_was_opened_is_an_error(shard: Path) -> None:
    entries = read_header(shard)
    last = max(entries.values(), key=lambda entry: entry.offset)
    os.truncate(shard, shard.stat().st_size - 1)
    with open(shard, "rb", buffering=0) as file, pytest.raises(ShardError, match="truncated while in use"):
        last.read(file.fileno())


def test_a_half_written_shard_never_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(values: dict[str, np.ndarray], path: Path, metadata: dict[str, str]) -> None:
        path.write_bytes(b"half a sha")
        raise OSError("no space left on device")

    monkeypatch.setattr(data_prep.store.shard, "save_file", fail)
    with pytest.raises(OSError, match="no space left"):
        write_shard(tmp_path / "a.safetensors", VALUES, RATES_HZ)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:-10], "but its header promises"),
        (lambda content: content + b"x", "but its header promises"),
        (lambda content: content[:100], "its header is truncated"),
        (lambda content: content[:4], "not a shard"),
        (lambda content: b"", "not a shard"),
        (lambda content: content.replace(b'"I16"', b'"I99"'), "not a shard: KeyError"),
        (lambda content: content.replace(b'"I16"', b'"I32"'), "the size of an array differs from that of its shape"),
    ],
)
def test_a_damaged_shard_is_an_error(shard: Path, damage, reason: str) -> None:
    shard.write_bytes(damage(shard.read_bytes()))
    with pytest.raises(ShardError, match=reason):
        read_header(shard)


def test_a_safetensors_file_without_rates_is_not_a_shard(tmp_path: Path) -> None:
    save_file(VALUES, tmp_path / "a.safetensors")
    with pytest.raises(ShardError, match="not a shard"):
        read_header(tmp_path / "a.safetensors")
