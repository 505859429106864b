"""Fixtures of object storage: in memory, and an S3 server on this machine behind a proxy that can cut connections."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_prep.streaming import file_cache, transfer
from data_prep.streaming.file_cache import FileCache
from tests.data_prep.streaming.cutting_proxy import CuttingProxy

#: Bytes of a request in these tests.
CHUNK = 1 << 18


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


@pytest.fixture(scope="session")
def server_port() -> Iterator[int]:
    moto_server = pytest.importorskip("moto.server")
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def proxy(server_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[CuttingProxy]:
    """The way to the server; credentials are in the environment, as the client library expects them."""
    s3fs = pytest.importorskip("s3fs")
    proxy = CuttingProxy(server_port)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "a secret of the tests",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setattr(transfer, "CHUNK_BYTES", CHUNK)
    s3fs.S3FileSystem.clear_instance_cache()
    yield proxy
    proxy.close()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def s3(proxy: CuttingProxy) -> str:
    """A bucket of its own."""
    import s3fs

    name = uuid.uuid4().hex
    s3fs.S3FileSystem().mkdir(name)
    return f"s3://{name}"
