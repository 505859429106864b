"""A small and fixed part of what ``python -m tests.fuzz`` does."""

from collections import Counter
from pathlib import Path

from data_prep.workers.process_pool import LostTask, run_in_processes
from tests.fuzz.readers import READERS
from tests.fuzz.samples import write_samples
from tests.fuzz.trial import LIMIT_S, Case, Outcome, Trial


def test_damaged_files_give_a_result_or_an_error_of_the_project(tmp_path: Path) -> None:
    write_samples(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert {name.split(".")[0] for name in names} == set(READERS)
    cases = [Case(name, seed) for seed in range(4) for name in names]
    found = list(run_in_processes(Trial(tmp_path), cases, 1, lambda case: LIMIT_S))
    assert [each for each in found if isinstance(each, LostTask) or each.kind == "finding"] == []
    kinds = Counter(each.kind for each in found if isinstance(each, Outcome))
    assert kinds.total() == len(cases) > 150
    assert min(kinds["read"], kinds["refused"]) > 30
