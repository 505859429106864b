"""The page's modules of recognition in a headless Chromium, served over a loopback server."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import onnxruntime
import pytest

import pipelines
from tests.pipelines.web_page.recognition.arrays import MODULE, packed, unpacked

STATIC = Path(pipelines.__file__).parent / "web_page" / "static"
INDEX = "<!doctype html><meta charset=utf-8><title>Test</title><link rel=icon href=data:>"
#: A stand-in for onnxruntime-web, which is not there without a download: networks run in this process.
NATIVE_ORT = """
import { packed, unpacked } from "./arrays.js";
export class Tensor {
  constructor(type, data, dims) { Object.assign(this, { type, data, dims }); }
}
export const InferenceSession = {
  async create(content) {
    const { number, outputNames } = await createSession(packed(new Int8Array(content.buffer)).base64);
    const run = async (feeds, names) => {
      const given = Object.entries(feeds).map(([name, { data, dims }]) => [name, packed(data), dims]);
      const found = await runSession([number, given, names ?? outputNames]);
      const tensor = ([name, type, data, dims]) => [name, new Tensor(type, unpacked(data), dims)];
      return Object.fromEntries(found.map(tensor));
    };
    return { outputNames, run };
  },
};
"""


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves modules with the type that browsers ask for."""

    extensions_map: ClassVar = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with the page's modules, and its address."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "recognition").symlink_to(STATIC / "recognition")
    for name, content in (("index.html", INDEX), ("native_ort.js", NATIVE_ORT), ("arrays.js", MODULE)):
        (folder / name).write_text(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def page(browser: Any, served: tuple[Path, str]) -> Iterator[Any]:
    """A page that may import /recognition/NAME.js, and /native_ort.js in place of onnxruntime-web."""
    context = browser.new_context()
    opened = context.new_page()
    sessions: list[onnxruntime.InferenceSession] = []

    def create(content: str) -> dict[str, Any]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        sessions.append(onnxruntime.InferenceSession(base64.b64decode(content), options))
        return {"number": len(sessions) - 1, "outputNames": [each.name for each in sessions[-1].get_outputs()]}

    def run(call: list[Any]) -> list[list[Any]]:
        number, given, names = call
        feeds = {name: unpacked(values).reshape(shape) for name, values, shape in given}
        found = zip(names, sessions[number].run(names, feeds), strict=True)
        return [[name, value.dtype.name, packed(value), list(value.shape)] for name, value in found]

    opened.expose_function("createSession", create)
    opened.expose_function("runSession", run)
    opened.goto(f"{served[1]}/index.html")
    yield opened
    context.close()


@pytest.fixture(scope="module")
def call(page: Any) -> Callable[..., Any]:
    """Call a function of a module in the page.

    The body is that of a function of `module` and of `given`, the arguments; arrays come as typed arrays, and the
    other way round.
    """

    def run(module: str, body: str, *given: Any) -> Any:
        code = """async ([name, body, given]) => {
            const module = await import(`/recognition/${name}.js`);
            const { packed, unpacked } = await import("/arrays.js");
            const call = new (async () => {}).constructor("module", "given", body);
            return packed(await call(module, unpacked(given)));
        }"""
        return unpacked(page.evaluate(code, [module, body, packed(list(given))]))

    return run
