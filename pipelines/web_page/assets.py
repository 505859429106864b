"""The libraries of the page: which files of which versions, where they come from, and their hashes."""

import base64
import hashlib
import logging
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from data_prep.errors import InputError

log = logging.getLogger(__name__)

CDN = "https://cdn.jsdelivr.net"
NPM_TIMEOUT_S = 300


@dataclass(frozen=True)
class PackageFile:
    """A file of a package.

    Attributes:
        role: What the page uses it for.
        path: Its path in the package.
        integrity: Its hash, as in HTML's `integrity` attribute.
    """

    role: str
    path: str
    integrity: str


@dataclass(frozen=True)
class Package:
    """A package of npm's registry.

    Attributes:
        name: Its name.
        version: Its version.
        integrity: The registry's hash of the whole package, as in a ``package-lock.json``.
        files: The files that the page needs.
    """

    name: str
    version: str
    integrity: str
    files: tuple[PackageFile, ...]

    @property
    def folder(self) -> str:
        """Name of the folder that its files are put into."""
        return self.name.rpartition("/")[2]

    @property
    def install_command(self) -> str:
        """How to have it without this program."""
        return f"npm install --ignore-scripts {self.name}@{self.version}"

    def cdn_url(self, file: PackageFile) -> str:
        """Where the content delivery network has a file."""
        return f"{CDN}/npm/{self.name}@{self.version}/{file.path}"


#: Computes the networks. Of its many builds, this is the smallest that runs on any processor.
ONNXRUNTIME = Package(
    "onnxruntime-web",
    "1.30.0",
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
    (
        PackageFile(
            "module",
            "dist/ort.wasm.bundle.min.mjs",
            "sha384-PLWz+nHEVHpjwBsO0YVdvQj6n5814Iv8E3b8FG0Rp/uIAtjFMCKOpP66iPzedrIG",
        ),
        PackageFile(
            "wasm",
            "dist/ort-wasm-simd-threaded.wasm",
            "sha384-vjBJ1z7qrhkTyYsNqKeF6c7N+nOJSU94czEo+tvZcu8G75JparGq9kB+kTnEUNVM",
        ),
    ),
)
#: Finds hands. From version 1.0 on it sends statistics of its use to Google every minute, so it must stay at this one.
MEDIAPIPE = Package(
    "@mediapipe/tasks-vision",
    "0.10.35",
    "sha512-HOvadwVRE6JC+45nyYhmnywnr5h/J8KZvOeUNVOG9q/0875pZgItznFB9bRTvLc264YSJqiZ1NsIpCStJw/egg==",
    (
        PackageFile(
            "module",
            "vision_bundle.mjs",
            "sha384-Ll1OFMb+0geb9fpvYvxFbnpB/UjqBeQ2iVta6EtAGmIW2s0Oed/AhFDe+32PXnKs",
        ),
        PackageFile(
            "loader",
            "wasm/vision_wasm_module_internal.js",
            "sha384-AWIJUyQZ0cAVl391cOyPquRHJnuXnjGPqxU7gNbEINh/GFWu9sVyvpOFRkF/h8kj",
        ),
        PackageFile(
            "wasm",
            "wasm/vision_wasm_module_internal.wasm",
            "sha384-7xREKbXhJN0GqLKAGI0JTseQ212SEV6biWWnAeCzkmjxiNlf72PQ2vF1sFFghTYR",
        ),
    ),
)
#: The packages for networks that take sound, and for those that take landmarks, by the page's own names for them.
PACKAGES_OF_SOURCE = {
    "waveform": {"onnxruntime": ONNXRUNTIME},
    "landmarks": {"onnxruntime": ONNXRUNTIME, "mediapipe": MEDIAPIPE},
}


def find_packages(source: str, given: Path | None) -> dict[Package, Path | None]:
    """Find the packages that a page needs, each as a folder with its files, which are checked.

    Args:
        source: What the networks take: "waveform" or "landmarks".
        given: A folder with the packages, unpacked, or with ``node_modules``; None to fetch them with npm.

    Returns:
        The folder of each package; None where npm is not installed, so that the page must load it from elsewhere.

    Raises:
        InputError: A package is not in the folder given, its files have other contents, or npm failed.
    """
    packages = PACKAGES_OF_SOURCE[source].values()
    if given is not None:
        return {package: _find_given(package, given) for package in packages}
    return {package: _find_cached(package) or _fetch(package) for package in packages}


def copy_files(package: Package, source: Path, folder: Path) -> None:
    """Copy the files of a package that the page needs."""
    for file in package.files:
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file.path, folder / file.path)


def _find_given(package: Package, given: Path) -> Path:
    """Find a package in the folder of the setting `web_assets`."""
    places = [given / "node_modules" / package.name, given / package.name, given / package.folder, given]
    for place in places:
        if all((place / file.path).is_file() for file in package.files):
            if wrong := _wrong_files(package, place):
                raise InputError(
                    f"web_assets={given}: {place / wrong[0]} is not the file of {package.name} {package.version}; "
                    f"install that version: {package.install_command}"
                )
            return place
    raise InputError(
        f"web_assets={given}: found no {package.name} in it; expected {places[0] / package.files[0].path}, as after "
        f"{package.install_command}"
    )


def _find_cached(package: Package) -> Path | None:
    folder = _cache_folder(package)
    return folder if folder.is_dir() and not _wrong_files(package, folder) else None


def _cache_folder(package: Package) -> Path:
    """Where a package is kept once fetched; the hash in the name keeps versions apart."""
    digest = hashlib.sha256(package.integrity.encode()).hexdigest()[:12]
    return Path(platformdirs.user_cache_dir("utterance")) / "web" / f"{package.folder}-{package.version}-{digest}"


def _wrong_files(package: Package, folder: Path) -> list[str]:
    """The files that are missing or have another hash than expected."""
    return [
        file.path
        for file in package.files
        if not (folder / file.path).is_file()
        or integrity_of((folder / file.path).read_bytes(), "sha384") != file.integrity
    ]


def integrity_of(content: bytes, algorithm: str) -> str:
    """The hash of a file in the notation of npm and of HTML's `integrity` attribute."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def _fetch(package: Package) -> Path | None:
    """Fetch a package with npm into the user's cache; None if npm is not installed."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder = _cache_folder(package)
    folder.parent.mkdir(parents=True, exist_ok=True)
    log.info("fetching %s %s with npm", package.name, package.version)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        archive = _pack(npm, package, Path(scratch))
        unpacked = Path(scratch) / "unpacked"
        _unpack(archive, package, unpacked)
        if wrong := _wrong_files(package, unpacked):
            raise InputError(f"{package.name} {package.version}: {wrong[0]} is not the expected file")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.replace(unpacked, folder)
        except OSError:  # another process has put it there meanwhile
            if _find_cached(package) is None:
                raise
    return folder


def _pack(npm: str, package: Package, scratch: Path) -> Path:
    """Download a package's archive, and check its hash."""
    command = [npm, "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]
    try:
        ran = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=NPM_TIMEOUT_S, check=False)
        failure = ran.stderr.strip()[-400:] or f"exit code {ran.returncode}"
    except (subprocess.TimeoutExpired, OSError) as error:
        failure = str(error)
    archives = list(scratch.glob("*.tgz"))
    if len(archives) != 1:
        raise InputError(
            f"npm could not fetch {package.name}@{package.version}: {failure}; try again with a connection, or, on a "
            f"machine with one, {package.install_command}, copy node_modules here and "
            "give web_assets=FOLDER"
        )
    found = integrity_of(archives[0].read_bytes(), package.integrity.partition("-")[0])
    if found != package.integrity:
        raise InputError(
            f"{package.name}@{package.version}: the registry gave another package than expected ({found}, expected "
            f"{package.integrity}); nothing was written"
        )
    return archives[0]


def _unpack(archive: Path, package: Package, folder: Path) -> None:
    """Take the files that the page needs out of an archive; nothing else in it is written."""
    with tarfile.open(archive) as members:
        for file in package.files:
            member = members.extractfile(f"package/{file.path}")
            if member is None:
                raise InputError(f"{package.name} {package.version}: {file.path} is no file in the package")
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_bytes(member.read())
