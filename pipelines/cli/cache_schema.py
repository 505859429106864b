"""The settings of the cache of object storage, a part of those of the commands that read from it."""

from dataclasses import dataclass

from pipelines.cli.setting_checks import check_value


@dataclass
class CacheConfig:
    """Where objects are kept that were downloaded from object storage.

    Attributes:
        dir: Folder of the cache; None for ``utterance/objects`` in the user's folder of caches.
        max_gb: Most gigabytes of downloaded objects; those not used for longest are removed.
    """

    dir: str | None = None
    max_gb: float = 20.0

    def __post_init__(self) -> None:
        check_value("cache.max_gb", self.max_gb > 0, "above 0", self.max_gb)
