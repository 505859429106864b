from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.streaming.url import as_url, check_url, is_url, join_url, redact, refuse_urls


@pytest.mark.parametrize("url", ["s3://bucket/a b/c.wav", "gs://bucket", "hf://datasets/a/b", "memory://x/y.jsonl"])
def test_a_path_stands_for_its_url(url: str) -> None:
    assert as_url(Path(url)) == check_url("store_dir", Path(url)) == url
    assert is_url(url)
    assert is_url(Path(url))


@pytest.mark.parametrize("name", ["a.wav", "/s3:/x", "s3:", "C:/x", "s3:x", "audio:1/x"])
def test_paths_on_disk_are_no_urls(name: str) -> None:
    assert not is_url(name)
    assert not is_url(Path(name))
    refuse_urls(output_dir=name, model=None)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/x", r"store_dir=ftp://host/x: found a URL of kind ftp://, expected .* s3://, gs://, hf://, mem"),
        ("s3://me:secret@bucket/x", r"store_dir=s3://\*\*\*@bucket/x: found a user or a password in the URL; remove"),
        ("s3://bucket/../x", r"expected s3://BUCKET/PATH, without '.' and '..' in it"),
        ("s3://bucket/x?versionId=1", r"found '\?' or '#' in the URL"),
    ],
)
def test_urls_that_cannot_be_used_are_refused(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        check_url("store_dir", url)
    assert "secret" not in str(error.value)


def test_secrets_are_left_out_of_messages() -> None:
    assert redact("GET https://key:pass@host/x failed") == "GET https://***@host/x failed"


def test_names_below_a_url() -> None:
    assert join_url("s3://bucket/corpus", "clips/./a b.wav") == "s3://bucket/corpus/clips/a b.wav"


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "s3://other/x", "..\\x", "", "a\0b", "file:///etc/passwd", "http://h/x"],
)
def test_names_do_not_lead_out_of_a_url(name: str) -> None:
    with pytest.raises(InputError, match=r"below s3://bucket/corpus, expected one that is relative to it"):
        join_url("s3://bucket/corpus", name)


def test_settings_that_are_no_urls() -> None:
    with pytest.raises(InputError, match=r"output_dir=s3://bucket/out: found a URL, expected a path on disk"):
        refuse_urls(output_dir="s3://bucket/out")
