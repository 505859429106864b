"""The store of a folder or a URL, and what adds signals to it."""

from pathlib import Path

from data_prep.store.remote_store import RemoteStore
from data_prep.store.remote_writer import RemoteWriter
from data_prep.store.signal_store import SignalStore, SignalWriter
from data_prep.streaming.file_cache import default_cache
from data_prep.streaming.url import check_url, is_url

#: A store on disk or in object storage.
Store = SignalStore | RemoteStore


def open_store(store_dir: str | Path, name: str) -> Store:
    """Open one of the stores in a folder or at a URL; it need not exist yet.

    Raises:
        InputError: The URL cannot be used.
    """
    if not is_url(store_dir):
        return SignalStore(Path(store_dir) / name)
    return RemoteStore(f"{check_url('store_dir', store_dir)}/{name}", default_cache())


def open_writer(store: Store) -> SignalWriter | RemoteWriter:
    """Return a context manager that adds signals to a store."""
    return SignalWriter(store) if isinstance(store, SignalStore) else RemoteWriter(store)


def local_folders(store_dir: str | Path, store: Store) -> tuple[Path, Path]:
    """Return where what is remembered about media, and about the signals of a store, is kept: always on disk."""
    if isinstance(store, SignalStore):
        return Path(store_dir), store.folder
    return store.cache.folder, store.local_folder
