"""What identifies the content of each clip's media file, wherever it is."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from data_prep.manifest import CONTENT_FIELD, Clip
from data_prep.media import MediaError
from data_prep.store.content_hash import ContentHashCache
from data_prep.streaming.remote_media import remote_contents
from data_prep.streaming.url import is_url


def find_contents(clips: Sequence[Clip], hashes: ContentHashCache) -> dict[str, str | MediaError]:
    """Return what identifies the content of each clip's media file, or why it cannot be read, by clip id.

    A file that is not there is identified by what the manifest tells of it, if it does.

    Raises:
        StorageError: Object storage cannot be asked.
    """
    recorded = {clip.id: content for clip in clips if (content := _recorded(clip)) is not None}
    paths = [clip.path for clip in clips if clip.id not in recorded]
    found = hashes.lookup([path for path in paths if not is_url(path)])  # reads a file once even if it has many clips
    found |= remote_contents(path for path in paths if is_url(path))
    return {clip.id: recorded.get(clip.id) or found[clip.path] for clip in clips}


def with_contents(clips: Sequence[Clip], contents: Mapping[str, str | MediaError]) -> list[Clip]:
    """Return the clips with what identifies their media, for their manifest."""
    return [
        replace(clip, extra=clip.extra | {CONTENT_FIELD: content})
        if isinstance(content := contents[clip.id], str)
        else clip
        for clip in clips
    ]


def _recorded(clip: Clip) -> str | None:
    content = clip.extra.get(CONTENT_FIELD)
    if not isinstance(content, str) or not re.fullmatch("[0-9a-f]{32}", content):
        return None
    return None if not is_url(clip.path) and os.path.exists(clip.path) else content
