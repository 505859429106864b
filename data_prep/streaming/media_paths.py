"""Where the media file of a manifest's row is: on disk or in object storage."""

import os
from pathlib import Path

from data_prep.streaming.url import SCHEMES, as_url, check_url, is_url, join_url

#: Folders in which media files are looked for, relative to that of the manifest.
MEDIA_FOLDERS = (".", "clips", "videos", "../videos")


def find_media(folder: Path, name: str) -> Path:
    """Return the absolute path of a media file, or the one that stands for its URL.

    Common Voice has its files in the folder ``clips`` beside the table, WLASL in ``videos``, and ASL Citizen in
    ``../videos``. Tables from Windows may have backslashes.

    Args:
        folder: Folder of the manifest, or the path that stands for its URL.
        name: Path in the row, relative to the folder. A manifest on disk may also name a URL, but one at a URL only
            what is below its own folder, so that whoever wrote it cannot have other files read.

    Returns:
        The file; where there is none, the one that should be there.

    Raises:
        InputError: A URL cannot be used, or leads out of the manifest's folder.
    """
    if is_url(folder):
        return Path(join_url(as_url(folder), name))
    if name.partition("://")[0] in SCHEMES:
        return Path(check_url("path", name))
    for each in dict.fromkeys((name, name.replace("\\", "/"))):
        for place in MEDIA_FOLDERS:
            # Unlike Path.exists, os.path.exists returns False for names that no file can have.
            if os.path.exists(path := folder / place / each):
                return Path(os.path.abspath(path))
    return Path(os.path.abspath(folder / name))


def path_text(path: Path) -> str:
    """Return a path, or the URL that it stands for, for messages and lists."""
    return as_url(path) if is_url(path) else str(path)
