"""Files of small corpora, without content where the content does not matter."""

from pathlib import Path

from data_prep.manifest import Clip


def touch(root: Path, *names: str) -> Path:
    """Create empty files."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def write(root: Path, files: dict[str, str]) -> Path:
    """Create text files: the content of each by its name."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def by_id(clips: list[Clip]) -> dict[str, Clip]:
    """Return the clips by their ids, which must be unique."""
    assert len({clip.id for clip in clips}) == len(clips)
    return {clip.id: clip for clip in clips}
