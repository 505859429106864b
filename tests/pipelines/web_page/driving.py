"""What tests do with a page in a browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from pipelines.web_page.server import PageServer

ANSWER_MS = 60_000
# Makes a list of the devices that a page opens.
COUNT_DEVICES = """
    const [open, media] = [navigator.mediaDevices.getUserMedia, navigator.mediaDevices];
    window.opened = [];
    media.getUserMedia = async (wanted) => {
        const stream = await open.call(media, wanted);
        window.opened.push(stream.getTracks()[0]);
        return stream;
    };"""

Opener = Callable[..., Any]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with PageServer(folder, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.url
        server.shutdown()


def drop(page: Any, file: Path | dict[str, Any]) -> str:
    """Drop a file on the page, and return the answer, or what is wrong."""
    content = file.read_bytes() if isinstance(file, Path) else file["buffer"]
    name = file.name if isinstance(file, Path) else file["name"]
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            return transfer;
        }""",
        [name, list(content)],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    return finished(page)


def finished(page: Any) -> str:
    page.wait_for_selector('#status:text-is("Done."), #error:not([hidden])', timeout=ANSWER_MS)
    return str(page.inner_text("#error") if page.is_visible("#error") else answer(page))


def answer(page: Any) -> str:
    return str(page.evaluate("document.getElementById('answer').firstChild.textContent"))
