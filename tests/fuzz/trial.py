"""Damaging one file and reading it, in a process that may die from it."""

import os
import random
import resource
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.store.shard import ShardError
from tests.fuzz.damage import damaged
from tests.fuzz.readers import READERS

#: Most memory that reading a file of some kilobytes may use.
MEMORY_BYTES = 3 << 30
#: Most CPU time in seconds, and most time including waiting.
CPU_S, LIMIT_S = 20.0, 600.0

_EVENTS: list[str] = []
_watched: str | None = None


@dataclass(frozen=True)
class Case:
    """A damaged file, the same for the same seed.

    Attributes:
        sample: Name of a folder that `write_samples` wrote.
        seed: Seed of the damage.
    """

    sample: str
    seed: int

    @property
    def reader(self) -> str:
        """Name of the reader in `READERS`."""
        return self.sample.split(".")[0]


@dataclass(frozen=True)
class Outcome:
    """The outcome of a case.

    Attributes:
        case: The case.
        kind: "read", "refused" (with an error of the project), "survived" (see `GUARDED`) or "finding".
        what: Description of a finding, the same for all cases with the same cause.
        detail: Further text about a finding.
    """

    case: Case
    kind: str
    what: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Trial:
    """Reads damaged files, each in a folder of its own.

    Attributes:
        samples: Folder of the undamaged samples.
    """

    samples: Path

    def __call__(self, case: Case) -> Outcome:
        """Damage one file of the sample and read it."""
        _set_limits()
        with tempfile.TemporaryDirectory(prefix="fuzz") as scratch:
            folder = Path(scratch) / "in"
            shutil.copytree(self.samples / case.sample, folder)
            rng = random.Random(f"{case.sample} {case.seed}")
            path = rng.choice(sorted(folder.iterdir()))
            path.write_bytes(damaged(path.read_bytes(), rng))
            with _watching(scratch):
                outcome = _read(case, path)
        if _EVENTS:
            return Outcome(case, "finding", f"{case.reader}: {_EVENTS[0]}", "reading must not do that")
        return outcome


def _read(case: Case, path: Path) -> Outcome:
    try:
        READERS[case.reader](path)
    except (InputError, ShardError) as error:
        if str(path.parent) in str(error) or isinstance(error, ShardError) or str(error).startswith("decoder: "):
            return Outcome(case, "refused")
        return Outcome(case, "finding", f"{case.reader}: an error that names no file", str(error)[:300])
    except Exception as error:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
        what = f"{case.reader}: {type(error).__name__} in {Path(ours[-1].filename).name}:{ours[-1].lineno}"
        return Outcome(case, "finding", what, str(error)[:300])
    return Outcome(case, "read")


def _set_limits() -> None:
    """Limit the further memory and CPU time of this process; signal 24 kills it when the time is used up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + CPU_S), hard))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY_BYTES, hard))


@contextmanager
def _watching(folder: str) -> Iterator[None]:
    global _watched
    if not sys.dont_write_bytecode:  # first case in this process
        sys.dont_write_bytecode = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders write about every file to stderr
        sys.addaudithook(_audit)
    _EVENTS.clear()
    _watched = folder
    try:
        yield
    finally:
        _watched = None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Record events that reading a file must not cause."""
    if _watched is None:
        return
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "pickle.find_class"):
        _EVENTS.append(f"{event} {arguments[:2]}")
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate"):
        place = arguments[1] if event == "os.rename" else arguments[0]
        if isinstance(place, str | bytes | os.PathLike) and not os.path.abspath(os.fsdecode(place)).startswith(
            _watched
        ):
            _EVENTS.append(f"{event} {os.fsdecode(place)}")
