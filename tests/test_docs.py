"""What the README and the pages of docs/ show can be run, and what they point to exists."""

import importlib
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hydra import compose, initialize_config_dir

from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_sign_video
from pipelines.cli.command import CONF_DIR
from pipelines.cli.overrides import rewrite_overrides
from pipelines.cli.schema import ExportConfig, register_schemas
from pipelines.inference.export_onnx import export

ROOT = Path(__file__).parents[1]
FROZEN = ROOT / "tests/frozen"
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").rglob("*.md"))
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
# What only Hydra's own launcher understands.
NOT_COMPOSED = {"--help", "-m"}


def blocks(language: str) -> list[tuple[str, str]]:
    """All code blocks of a language, each with its page."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.M | re.S)
    return [(page, block) for page, text in TEXTS.items() for block in pattern.findall(text)]


def commands() -> list[tuple[str, str, tuple[str, ...]]]:
    """Each command line that is shown: its page, the command, its settings."""
    found = []
    for page, block in blocks("bash"):
        for line in block.replace("\\\n", " ").splitlines():
            if match := re.search(r"-m pipelines\.(\w+)(.*)", line):
                found.append((page, match[1], tuple(shlex.split(match[2], comments=True))))
    return found


@pytest.fixture
def example_files(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the files that the Python examples name."""
    monkeypatch.chdir(tmp_path)
    samples, rate_hz = soundfile.read(FROZEN / "an4.flac", dtype="int16")
    soundfile.write("a.wav", samples, rate_hz)
    shutil.copytree(FROZEN / "speech/bundle", "RUN")
    if "onnxruntime" in example:
        export(ExportConfig(model="RUN", output_dir="RUN/onnx"))
    shutil.copytree(FROZEN / "signs/bundle", "SIGNS_RUN")
    rng = np.random.default_rng(0)
    write_sign_video(
        Path("clip.mp4"), render_keys((Key("open", hold_s=0.3),), draw_signer(rng, left_handed=False), rng)
    )
    return tmp_path


@pytest.mark.parametrize(("page", "example"), blocks("python"), ids=[page for page, _ in blocks("python")])
def test_python_examples_run(page: str, example: str, example_files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(example, page, "exec"), {"__name__": "example"})
    printed = capsys.readouterr().out
    assert "SIGNS_RUN" not in example or "nothing.mp4: no such file" in printed
    assert "SIGNS_RUN" in example or len(printed.split()) >= 4


def test_pages_have_python_examples() -> None:
    pages = [page for page, _ in blocks("python")]
    assert pages.count("README.md") == 1
    assert pages.count("docs/export_and_library.md") == 2
    assert pages.count("docs/embedding.md") == 1


@pytest.mark.parametrize(
    ("page", "command", "settings"), commands(), ids=[f"{page}-{command}" for page, command, _ in commands()]
)
def test_shown_commands_have_valid_settings(page: str, command: str, settings: tuple[str, ...]) -> None:
    shown = [setting for setting in settings if setting not in NOT_COMPOSED]
    if any(setting.startswith("hydra/") for setting in shown):
        pytest.skip("this sweep needs a plugin that is not installed with the tests")
    # Compose the first run of a sweep.
    shown = [re.sub(r"^([\w./]+=)([^\[({]*?),.*", r"\1\2", setting) for setting in shown]
    shown = [re.sub(r"=(tag|interval)\(.*", "=0.1", setting) for setting in shown]
    register_schemas()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        positional = "models" if command == "compare" else None
        compose(command, overrides=rewrite_overrides(shown, positional))


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_to_files(page: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", TEXTS[page]):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}, which does not exist"


@pytest.mark.parametrize("page", TEXTS)
def test_paths_and_names_exist(page: str) -> None:
    packages = "data_prep|recognizers|pipelines|conf|tests|benchmarks|docs|examples"
    for path in re.findall(rf"`((?:{packages})/[\w./]+)`", TEXTS[page]):
        if "NAME" not in path:
            assert (ROOT / path).exists(), f"{page} names {path}, which does not exist"
    for name in re.findall(r"\b((?:data_prep|recognizers)(?:\.\w+)+)\b", TEXTS[page]):
        _import_dotted(name)


def _import_dotted(name: str) -> None:
    """Import a module, or a module's attribute."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), f"{name} does not exist"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md", "docs/export_and_library.md"])
def test_named_classes_and_constants_exist(page: str) -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for package in ("data_prep", "recognizers", "pipelines")
        for path in (ROOT / package).rglob("*.py")
    )
    for name in re.findall(r"`([A-Z][a-z]+\w*|[A-Z]+_[A-Z_]+)`", TEXTS[page]):
        assert re.search(rf"\b{name}\b", code), f"{page} names {name}, which does not exist"


@pytest.mark.parametrize("page", [page for page in TEXTS if page.startswith("docs/commands/")])
def test_tables_of_settings_name_real_keys(page: str) -> None:
    paths = [*CONF_DIR.rglob("*.yaml"), *(ROOT / "pipelines/cli").glob("*schema.py")]
    settings = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    for table in re.findall(r"^\| key \| meaning \|\n\|[-|]+\n((?:\|.*\n)+)", TEXTS[page], re.M):
        for cell in re.findall(r"^\| (.*?) \|", table, re.M):
            for key in re.findall(r"`([\w.]+?)(?:\.\*|=\w+)?`", cell):
                name = key.rpartition(".")[2]
                assert re.search(rf"\b{name}:", settings), f"{page} describes {key}, which is no setting"


def test_every_sub_package_is_on_the_architecture_page() -> None:
    page = TEXTS["docs/architecture.md"]
    diagram = (ROOT / "docs/pictures/architecture.svg").read_text(encoding="utf-8")
    for package in ("pipelines", "recognizers", "data_prep"):
        for init in (ROOT / package).glob("*/__init__.py"):
            assert f"| `{init.parent.name}` |" in page, f"{package}/{init.parent.name} is missing from the page"
            assert f">{init.parent.name}<" in diagram, f"{package}/{init.parent.name} is missing from the diagram"


def test_readme_fits_on_a_few_screens() -> None:
    assert len(TEXTS["README.md"].splitlines()) <= 150
