"""Names of parts, and the settings that make a command a shard."""

import os
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.cli.schema import TranscribeConfig
from pipelines.scaling.shard import Shard, find_parts, remove_parts, shard_of

RESULTS = "results.jsonl"


def write_part(folder: Path, shard: Shard, age_s: float = 0.0) -> Path:
    (folder / shard.lock_name).parent.mkdir(exist_ok=True)
    (folder / shard.lock_name).touch()
    path = folder / shard.part_name(RESULTS)
    path.touch()
    os.utime(path, (1e9 - age_s, 1e9 - age_s))
    return path


def test_parts_are_found_in_the_order_of_their_age(tmp_path: Path) -> None:
    new, old = write_part(tmp_path, Shard(0, 2)), write_part(tmp_path, Shard(3, 8), age_s=10.0)
    assert (new.name, old.name) == ("results-00000-of-00002.jsonl", "results-00003-of-00008.jsonl")
    assert find_parts(tmp_path, RESULTS) == [(Shard(3, 8), old), (Shard(0, 2), new)]


def test_files_that_no_shard_wrote_are_no_parts_and_are_neither_replaced_nor_removed(tmp_path: Path) -> None:
    foreign = tmp_path / Shard(1, 2).part_name(RESULTS)
    foreign.write_text("mine")
    write_part(tmp_path, Shard(0, 2))
    (tmp_path / "more-results-00000-of-00002.jsonl").touch()
    assert [shard for shard, _ in find_parts(tmp_path, RESULTS)] == [Shard(0, 2)]
    Shard(0, 2).check_owns_parts(tmp_path, RESULTS)
    with pytest.raises(InputError, match=r"results-00001-of-00002\.jsonl exists and would be overwritten"):
        Shard(1, 2).check_owns_parts(tmp_path, RESULTS)
    remove_parts(tmp_path, RESULTS)
    assert foreign.read_text() == "mine"
    assert len(list(tmp_path.glob("*.jsonl"))) == 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shard": 1}, "num_shards is not set; give the number of shards too"),
        ({"num_shards": 4}, "shard is not set; give one of them, as in shard=0, or start all of them with -m shard="),
        ({"shard": 4, "num_shards": 4}, r"shard must be from 0 to 3 \(num_shards=4\); found 4"),
        ({"shard": -1, "num_shards": 4}, "shard must be from 0 to 3"),
        ({"shard": 0, "num_shards": 0}, "num_shards must be from 1 to 99999; found 0"),
    ],
)
def test_shards_that_there_are_not_are_refused(settings: dict[str, int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        TranscribeConfig(model="m", inputs="i", output_dir="o", **settings)


def test_a_command_without_these_settings_does_all_the_work() -> None:
    assert shard_of(TranscribeConfig(shard=None)) is None
    assert shard_of(TranscribeConfig(shard=0, num_shards=1)) == Shard(0, 1)
