import uuid
from pathlib import Path

import pytest

from data_prep.streaming import file_cache, transfer
from data_prep.streaming.file_cache import FileCache


@pytest.fixture
def bucket() -> str:
    """A folder of its own in the memory of this process."""
    return f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileCache:
    """A small cache, which is also the default of this process; failed transfers are tried again at once."""
    monkeypatch.setattr(transfer, "FIRST_WAIT_S", 0.0)
    cache = FileCache(tmp_path / "cache", 10_000_000)
    monkeypatch.setattr(file_cache, "_default", cache)
    return cache
