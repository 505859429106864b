import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.web_page import assets
from pipelines.web_page.assets import Package, PackageFile, copy_files, find_packages, integrity_of

CONTENT = b"export const answer = 42;"


def archive(content: bytes = CONTENT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as members:
        for path in ("package/main.mjs", "package/../../outside.txt"):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Package:
    """A package of one file, the only one that a page of sound needs; caches are in the test's folder."""
    made = Package(
        "@someone/small",
        "1.2.3",
        integrity_of(archive_once, "sha512"),
        (PackageFile("module", "main.mjs", integrity_of(CONTENT, "sha384")),),
    )
    monkeypatch.setattr(assets, "PACKAGES_OF_SOURCE", {"waveform": {"small": made}})
    monkeypatch.setattr(assets.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
    return made


archive_once = archive()


def put_npm(monkeypatch: pytest.MonkeyPatch, folder: Path, content: bytes | None) -> None:
    """Put a stand-in for npm on the path, which packs an archive with this content, or fails."""
    folder.mkdir()
    (folder / "archive").write_bytes(content or b"")
    script = f"cp '{folder}/archive' someone-small-1.2.3.tgz" if content else "echo 'no network' >&2; exit 1"
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_npm_fetches_a_package_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: Package) -> None:
    put_npm(monkeypatch, tmp_path / "bin", archive_once)
    [found] = find_packages("waveform", None).values()
    assert found is not None
    copy_files(package, found, tmp_path / "copy")
    assert (tmp_path / "copy/main.mjs").read_bytes() == CONTENT
    assert [path.name for path in found.rglob("*") if path.is_file()] == ["main.mjs"]
    monkeypatch.setenv("PATH", "")  # no npm any more
    assert find_packages("waveform", None) == {package: found}
    (found / "main.mjs").write_bytes(b"damaged")
    assert find_packages("waveform", None) == {package: None}


def test_another_package_than_expected_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: Package
) -> None:
    put_npm(monkeypatch, tmp_path / "bin", archive(b"evil"))
    with pytest.raises(InputError, match=r"@someone/small@1\.2\.3: the registry gave another package than expected"):
        find_packages("waveform", None)


def test_a_failure_of_npm_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: Package) -> None:
    put_npm(monkeypatch, tmp_path / "bin", None)
    with pytest.raises(InputError, match=r"could not fetch @someone/small@1\.2\.3: no network; .* web_assets=FOLDER"):
        find_packages("waveform", None)


@pytest.mark.parametrize("place", ["node_modules/@someone/small", "@someone/small", "small", "."])
def test_packages_are_found_in_a_given_folder(tmp_path: Path, package: Package, place: str) -> None:
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "main.mjs").write_bytes(CONTENT)
    assert find_packages("waveform", tmp_path) == {package: tmp_path / place}
    (tmp_path / place / "main.mjs").write_bytes(b"another version")
    with pytest.raises(InputError, match=r"main\.mjs is not the file of @someone/small 1\.2\.3; install that version"):
        find_packages("waveform", tmp_path)


def test_a_folder_without_the_packages_is_refused(tmp_path: Path, package: Package) -> None:
    with pytest.raises(InputError, match=r"found no @someone/small in it; expected .*node_modules/@someone/small"):
        find_packages("waveform", tmp_path)


def test_integrity_is_written_as_npm_writes_it() -> None:
    digest = hashlib.sha512(b"").digest()
    assert integrity_of(b"", "sha512").startswith("sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP")
    assert len(digest) == 64
