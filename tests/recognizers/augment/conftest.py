"""Sound files that augmentation draws from."""

from collections.abc import Iterator

import pytest

from recognizers.augment import sound_files


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    """Let each test decode its files anew, and leave none to the next."""
    sound_files._held.clear()
    yield
    sound_files._held.clear()
