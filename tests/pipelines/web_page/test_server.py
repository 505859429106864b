import http.client
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from data_prep.errors import InputError
from pipelines.web_page.server import PageServer, is_loopback

LOCAL = '{"libraries": {"onnxruntime": {"module": {"url": "libraries/a.mjs"}}}}'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "recognizer").mkdir(parents=True)
    (folder / "page.json").write_text(LOCAL)
    for name in ("index.html", "page.js", "library.mjs", "library.wasm", "style.css", "recognizer/net.onnx"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def server(page: Path) -> Iterator[PageServer]:
    with PageServer(page, "127.0.0.1", 0) as serving:
        Thread(target=serving.serve_forever, args=(0.02,), daemon=True).start()
        yield serving
        serving.shutdown()


def get(server: PageServer, path: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/library.mjs", "text/javascript; charset=utf-8"),
        ("/library.wasm", "application/wasm"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/recognizer/net.onnx", "application/octet-stream"),
        ("/page.json?x=1", "application/json"),
    ],
)
def test_files_have_their_types_and_strict_headers(server: PageServer, path: str, kind: str) -> None:
    status, headers, _ = get(server, path)
    assert (status, headers["content-type"]) == (200, kind)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "connect-src 'self';" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/recognizer/", "/recognizer", "/nothing.js", "/../secret.txt", "/%2e%2e/secret.txt"])
def test_nothing_but_files_of_the_folder_is_given(server: PageServer, page: Path, path: str) -> None:
    (page.parent / "secret.txt").write_text("secret")
    status, headers, content = get(server, path)
    assert b"secret" not in content
    assert b"net.onnx" not in content
    assert status == 404 or (status, headers["location"]) == (301, "/recognizer/")


def test_links_out_of_the_folder_lead_nowhere(server: PageServer, page: Path) -> None:
    (page.parent / "secret.txt").write_text("secret")
    (page / "link.txt").symlink_to(page.parent / "secret.txt")
    assert get(server, "/link.txt")[0] == 404


def test_a_page_that_loads_libraries_may_reach_their_server_alone(page: Path) -> None:
    (page / "page.json").write_text(LOCAL.replace("libraries/a.mjs", "https://cdn.jsdelivr.net/a.mjs"))
    with PageServer(page, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        policy = get(server, "/")[1]["content-security-policy"]
        server.shutdown()
    assert "connect-src 'self' blob: https://cdn.jsdelivr.net;" in policy


def test_a_port_in_use_is_reported(server: PageServer, page: Path) -> None:
    port = server.server_address[1]
    with pytest.raises(InputError, match=f"port={port}: cannot be listened at .*; give another port, such as"):
        PageServer(page, "127.0.0.1", port)


def test_addresses(server: PageServer) -> None:
    assert server.url == f"http://localhost:{server.server_address[1]}/"
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [
        *(True, True, True, False, False)
    ]
