"""Writes a page as the last step of a command; a failure is logged and does not affect earlier results."""

import logging
from collections.abc import Callable
from pathlib import Path

from data_prep.dependency_groups import is_installed, missing_package

log = logging.getLogger(__name__)

#: What pages are drawn with; a core installation lacks it.
PACKAGES = ("jinja2", "matplotlib", "librosa")


def attempt_page(path: Path, write: Callable[[], None]) -> bool:
    """Write a page; if that fails, log why, with the traceback, and go on.

    Args:
        path: The file, for messages.
        write: Writes it. Whatever draws is imported in there.

    Returns:
        Whether the page was written.
    """
    for package in PACKAGES:
        if not is_installed(package):
            log.info("%s", missing_package(f"the page {path.name}", package))
            return False
    try:
        write()
    except Exception:
        log.exception("%s could not be written; all other results are complete", path)
        return False
    return True
