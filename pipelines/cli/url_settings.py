"""Settings that are URLs: which may be, and the cache that they are read through."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.streaming.url import check_url, is_url, redact, refuse_urls

#: Settings that name files and folders on a disk, also within groups.
ON_DISK = (
    *("inputs", "init", "output", "transcripts", "tune", "spelled"),
    *("language_model", "noise_files", "room_files", "dir", "teacher", "unlabelled", "alignments", "classes"),
    *("web_dir", "web_assets"),
)
#: Settings of commands that may be URLs.
MAY_BE_URLS = ("store_dir", "output_dir", "model", "models", "resume", "upload_to")
#: Groups whose classes check their own paths.
CORPORA = ("corpus", "extra_corpora")


def apply_url_settings(config: Any) -> None:
    """Check a command's settings for URLs, before anything costly, and choose the cache that they name.

    Raises:
        InputError: A setting that must be on a disk is a URL, or the URL of the store cannot be used.
    """
    settings = {each.name: getattr(config, each.name) for each in fields(config)} if is_dataclass(config) else {}
    _refuse("", {name: value for name, value in settings.items() if name not in CORPORA})
    for name in MAY_BE_URLS:
        for each in value if isinstance(value := settings.get(name), list) else [value]:
            if isinstance(each, str) and is_url(each):
                _check(name, each, settings)
    if (upload_to := settings.get("upload_to")) is not None and not is_url(upload_to):
        raise InputError(
            f"upload_to={upload_to}: expected a URL such as s3://BUCKET/RUN; a folder on a disk is hydra.run.dir"
        )
    if (cache := settings.get("cache")) is not None:
        from data_prep.streaming.file_cache import set_default_cache

        set_default_cache(None if cache.dir is None else Path(cache.dir), round(cache.max_gb * 1e9))


def _check(name: str, url: str, settings: dict[str, Any]) -> None:
    """Check a URL of a setting that may be one."""
    from data_prep.streaming.object_storage import check_package

    check_package(check_url(name, url))
    if name == "output_dir" and settings.get("shard") is not None:
        raise InputError(
            f"output_dir={redact(url)}: shards tell each other through files in a folder that all of them see; give a "
            "folder on a disk, or leave shard and num_shards out"
        )
    if name in ("model", "models") and settings.get("output_dir", "") is None:
        raise InputError(f"{name}={redact(url)}: the recognizer is at a URL; give output_dir too, a folder or a URL")


def _refuse(group: str, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        if is_dataclass(value):
            _refuse(f"{group}{name}.", {each.name: getattr(value, each.name) for each in fields(value)})
        elif isinstance(value, dict):
            _refuse(f"{group}{name}.", value)
        elif name in ON_DISK:
            for each in value if isinstance(value, list) else [value]:
                refuse_urls(**{group + name: each})
