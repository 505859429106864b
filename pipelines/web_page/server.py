"""Serves the folder of a page on this machine, with the headers that it needs."""

import json
import logging
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

from data_prep.errors import InputError
from pipelines.web_page.folder import PAGE_NAME
from pipelines.web_page.policy import content_policy

log = logging.getLogger(__name__)


class PageHandler(SimpleHTTPRequestHandler):
    """Answers with files of the page's folder, and with nothing else.

    Args:
        policy: The content security policy.
    """

    # The standard library asks the operating system for most types, and on some a script's type is missing or wrong.
    types: ClassVar[dict[str, str]] = {
        ".css": "text/css; charset=utf-8",
        ".flac": "audio/flac",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".mjs": "text/javascript; charset=utf-8",
        ".mp4": "video/mp4",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".wasm": "application/wasm",
        ".wav": "audio/wav",
        ".webm": "video/webm",
    }
    protocol_version = "HTTP/1.1"
    timeout = 60
    server_version = "utterance"
    sys_version = ""

    def __init__(self, *args: Any, policy: str, **kwargs: Any) -> None:
        self._policy = policy
        super().__init__(*args, **kwargs)

    def guess_type(self, path: Any) -> str:
        """Return the type of a file by its ending alone."""
        return self.types.get(Path(path).suffix.lower(), "application/octet-stream")

    def translate_path(self, path: str) -> str:
        """Return the file for a path of a request; what a link leads to outside the folder does not exist."""
        found = Path(super().translate_path(path))
        folder = Path(self.directory).resolve()
        return str(found if found.resolve().is_relative_to(folder) else folder / "outside-of-the-folder")

    def list_directory(self, path: Any) -> None:
        """Refuse to list a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        """Add the headers that all answers have."""
        self.send_header("Content-Security-Policy", f"{self._policy}; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Permissions-Policy", "camera=(self), microphone=(self), geolocation=()")
        self.send_header("Cache-Control", "no-cache")  # a page that was made anew must not run with old modules
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log requests for those who look for problems only."""
        log.debug(format, *args)


class PageServer(ThreadingHTTPServer):
    """Serves a page.

    Args:
        folder: The folder of the page.
        host: Address to listen at.
        port: Its port; 0 for any that is free.

    Raises:
        InputError: The address cannot be listened at, or is in use.
    """

    daemon_threads = True

    def __init__(self, folder: Path, host: str, port: int) -> None:
        handler = partial(PageHandler, directory=str(folder), policy=content_policy(_loads_from_cdn(folder)))
        try:
            super().__init__((host, port), handler)
        except OSError as error:
            raise InputError(
                f"host={host} port={port}: cannot be listened at ({error.strerror or error}); give another port, such "
                f"as port={port + 1}"
            ) from None
        self.host = host

    @property
    def url(self) -> str:
        """The address of the page."""
        # localhost rather than 127.0.0.1: some browsers allow the microphone under that name alone.
        name = "localhost" if is_loopback(self.host) else self.host
        return f"http://{f'[{name}]' if ':' in name else name}:{self.server_address[1]}/"


def is_loopback(host: str) -> bool:
    """Whether an address reaches this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _loads_from_cdn(folder: Path) -> bool:
    """Whether a page has libraries that are not in its folder."""
    libraries = json.loads((folder / PAGE_NAME).read_text(encoding="utf-8"))["libraries"]
    return any(file["url"].startswith("https:") for library in libraries.values() for file in library.values())
