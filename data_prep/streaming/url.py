"""URLs of object storage: which are accepted, and the paths that stand for them.

A `Path` of ``s3://bucket/a.wav`` is ``s3:/bucket/a.wav``: pathlib merges slashes. Such a path names nothing on a disk,
so it can stand for the URL wherever clips and settings hold paths; `as_url` turns it back.
"""

import re
from pathlib import Path

from data_prep.errors import InputError

#: Kinds of storage, and the package that each needs beside fsspec.
SCHEMES = {"s3": "s3fs", "gs": "gcsfs", "hf": "huggingface_hub", "memory": "fsspec"}

_ANY_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://", re.ASCII)
_MERGED = re.compile(rf"({'|'.join(SCHEMES)}):[/\\]+(?=[^/\\])")
_SECRET = re.compile(r"(://)[^/@\s]*@")


def is_url(name: str | Path) -> bool:
    """Whether a setting or a path names an object of a storage, and no file."""
    return bool(_ANY_URL.match(str(name)) or _MERGED.match(str(name)))


def as_url(name: str | Path) -> str:
    """Return the URL that a path stands for, without a slash at its end."""
    return _MERGED.sub(r"\1://", str(name).replace("\\", "/")).rstrip("/")


def redact(text: object) -> str:
    """Return a text without the user names and passwords of URLs in it."""
    return _SECRET.sub(r"\1***@", str(text))


def check_url(setting: str, name: str | Path) -> str:
    """Return a URL after checking that it can be used.

    Args:
        setting: Name of the setting, for messages.
        name: The URL, or the path that stands for it.

    Raises:
        InputError: It holds credentials, names an unknown kind of storage or no bucket, or leads upwards.
    """
    url = as_url(name)
    scheme, _, rest = url.partition("://")
    shown = f"{setting}={redact(url)}"
    if scheme not in SCHEMES:
        known = ", ".join(f"{each}://" for each in SCHEMES)
        raise InputError(f"{shown}: found a URL of kind {scheme}://, expected a path on disk or one of {known}")
    if "@" in rest.partition("/")[0]:
        raise InputError(
            f"{shown}: found a user or a password in the URL; remove them, and give credentials in the environment as "
            f"the client library expects them, such as AWS_PROFILE or AWS_ACCESS_KEY_ID"
        )
    if "?" in rest or "#" in rest:
        raise InputError(f"{shown}: found '?' or '#' in the URL, expected {scheme}://BUCKET/PATH; sign URLs elsewhere")
    parts = rest.split("/")
    if not parts[0] or any(part in (".", "..") for part in parts) or _has_control(rest):
        raise InputError(f"{shown}: expected {scheme}://BUCKET/PATH, without '.' and '..' in it")
    return url


def join_url(base: str, name: str) -> str:
    """Return the URL of an object below another one.

    Args:
        base: URL of the folder.
        name: Path relative to it, from a file that others may have written.

    Raises:
        InputError: The name is absolute, a URL, or leads out of the folder.
    """
    parts = name.split("/")
    if not name or is_url(name) or "\\" in name or ".." in parts or parts[0] == "" or _has_control(name):
        raise InputError(
            f"found the path {redact(name)!r} below {redact(base)}, expected one that is relative to it, without '..' "
            "and backslashes"
        )
    return "/".join([base.rstrip("/"), *(part for part in parts if part not in ("", "."))])


def refuse_urls(**settings: object) -> None:
    """Check that settings which must be paths on a disk are no URLs.

    Raises:
        InputError: One of them is.
    """
    for name, value in settings.items():
        if isinstance(value, str | Path) and is_url(value):
            raise InputError(
                f"{name}={redact(as_url(value))}: found a URL, expected a path on disk; docs/object_storage.md lists "
                "the settings that may be URLs. Copy what you need to a disk with the storage's own tool"
            )


def _has_control(text: str) -> bool:
    return any(ord(char) < 32 or ord(char) == 127 for char in text)
