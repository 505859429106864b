"""A store and a corpus on an S3 server on this machine, whose connections are cut."""

import logging
from pathlib import Path

import numpy as np
import pytest

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.features.extractor import Signal
from data_prep.prepare import prepare
from data_prep.store.remote_store import RemoteStore
from data_prep.store.remote_writer import RemoteWriter
from data_prep.streaming import transfer
from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.object_storage import StorageError, list_objects
from tests.data_prep.byte_extractor import ByteExtractor
from tests.data_prep.streaming.cutting_proxy import CuttingProxy
from tests.data_prep.streaming.test_remote_prepare import put_corpus, signals
from tests.object_storage import CHUNK

pytest.importorskip("s3fs")
pytest.importorskip("moto.server")

KEY = "0123456789abcdef" * 2


def fill(url: str, cache: FileCache) -> Signal:
    noise = np.random.default_rng(0).integers(-9000, 9000, 1_000_000).astype(np.int16)
    with RemoteWriter(RemoteStore(url, cache)) as writer:
        writer.add(KEY, Signal(noise, 16_000.0))
    return Signal(noise, 16_000.0)


def test_a_corpus_on_s3_fills_a_store_on_s3(s3: str, cache: FileCache) -> None:
    clips = ManifestCorpus(put_corpus(s3, b"a", b"bb", b"ccc", b"dddd", b"bad", b"f")).clips()
    prepared = prepare(clips, ByteExtractor(), Path(f"{s3}/store"), 0)
    assert signals(prepared) == {"c0": b"a", "c1": b"bb", "c2": b"ccc", "c3": b"dddd", "c5": b"f"}
    assert [each.reason for each in prepared.failures] == [f"{s3}/audio/4.bin: it is bad"]
    assert signals(prepare(clips, ByteExtractor(), Path(f"{s3}/store"), 0)) == signals(prepared)
    assert len(list_objects(f"{s3}/store/audio-{ByteExtractor().signal_fingerprint()}", ".safetensors")) == 1


def test_a_connection_that_is_cut_once_is_not_noticed(s3: str, proxy: CuttingProxy, cache: FileCache) -> None:
    expected = fill(f"{s3}/store", cache)
    store = RemoteStore(f"{s3}/store", cache)
    proxy.budget = 3 * CHUNK + 1000
    np.testing.assert_array_equal(store[KEY].values, expected.values)
    assert proxy.cuts == 1


def test_a_transfer_that_was_cut_off_is_continued(
    s3: str, proxy: CuttingProxy, cache: FileCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transfer, "ATTEMPTS", 2)
    expected = fill(f"{s3}/store", cache)
    store = RemoteStore(f"{s3}/store", cache)
    proxy.budget, proxy.stays_down = 5 * CHUNK + 5000, True
    with caplog.at_level(logging.DEBUG), pytest.raises(StorageError, match=r"safetensors: cannot be read") as error:
        store[KEY]
    assert "a secret of the tests" not in caplog.text + str(error.value)
    (partial,) = (cache.folder / "files").glob("*.part")
    done = partial.stat().st_size
    assert CHUNK <= done < 2_000_000
    assert done % CHUNK == 0

    proxy.is_down = False
    proxy.ranges.clear()
    np.testing.assert_array_equal(store[KEY].values, expected.values)
    assert min(proxy.ranges) == done
    assert list((cache.folder / "files").glob("*.part")) == []


def test_no_bucket_and_no_server(s3: str, proxy: CuttingProxy, cache: FileCache) -> None:
    assert len(RemoteStore("s3://no-such-bucket-anywhere/store", cache)) == 0
    proxy.is_down = True
    with pytest.raises(StorageError, match=rf"{s3}/store: cannot be listed"):
        RemoteStore(f"{s3}/store", cache)
