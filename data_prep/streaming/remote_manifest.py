"""Manifests in object storage: found by their usual names, and copied to disk to be read."""

import hashlib
from pathlib import Path

from data_prep.errors import InputError
from data_prep.streaming.file_cache import default_cache
from data_prep.streaming.object_storage import StoredObject, find_object, list_objects
from data_prep.streaming.transfer import download
from data_prep.streaming.url import check_url


def fetch_manifest(root: str | Path, names: tuple[str, ...], endings: tuple[str, ...]) -> tuple[Path, Path]:
    """Copy a manifest to the folder of the cache.

    The copy is outside the cache's bounds, because it is read again and again. It is kept until the manifest changes.

    Args:
        root: URL of the manifest, or of the folder that holds it.
        names: Names that a manifest has in a folder, in the order in which they are looked for.
        endings: Endings of manifests.

    Returns:
        The copy, and the path that stands for the URL of the folder, from which relative paths start.

    Raises:
        InputError: The URL cannot be used, or there is no manifest.
    """
    url = check_url("corpus.root", root)
    found = find_object(url)
    if found is None:
        listed = {each.url.rpartition("/")[2]: each for each in list_objects(url, "")}
        found = next((listed[name] for name in names if name in listed), None)
    if found is None:
        raise InputError(f"corpus.root={url}: no such object, and no {', '.join(names)} below it; give the manifest")
    if not found.url.lower().endswith(endings):
        raise InputError(f"corpus.root={url}: expected a manifest ending in {', '.join(endings)}")
    folder, _, name = found.url.rpartition("/")
    return _copy(found, name), Path(folder)


def _copy(found: StoredObject, name: str) -> Path:
    version = hashlib.sha256(f"{found.url}\n{found.size}\n{found.version}".encode()).hexdigest()[:16]
    folder = default_cache().folder / "manifests" / version
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not (path.is_file() and path.stat().st_size == found.size):
        download(found.url, found.size, None, folder / f"{name}.part", path)
    return path
