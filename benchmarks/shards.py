"""Preparing a corpus with one process, with shards, and with shards of which one is killed and the command repeated.

    python -m benchmarks.shards corpus=karsl features=hand_keypoints corpus.root=DIR
    python -m benchmarks.shards --launcher submitit_local --shards 4 corpus=an4 corpus.root=DIR

Wall times are those of this machine, with whatever else it does; CPU times hold better. The manifests, the failures and
every stored signal must be equal, byte for byte.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.store.signal_store import SignalStore

LAUNCHERS = {
    "joblib": ["hydra/launcher=joblib", "hydra.launcher.n_jobs={workers}"],
    "submitit_local": ["hydra/launcher=submitit_local", "hydra.launcher.timeout_min=60"],
    "ray": [
        "hydra/launcher=ray",
        "hydra.launcher.ray.init.address=auto",
        "+hydra.launcher.ray.init.object_store_memory=null",
    ],
}


@dataclass(frozen=True)
class Call:
    """One call of ``prepare``: its times in seconds, its exit code and its messages."""

    wall_s: float
    cpu_s: float
    exit_code: int
    messages: str


def prepare(place: Path, arguments: Sequence[str], kill_after_clips: int | None = None) -> Call:
    """Prepare into `place`; with `kill_after_clips`, kill a process once so many clips are stored."""
    command = [sys.executable, "-m", "pipelines.prepare", f"store_dir={place / 'store'}", f"output_dir={place / 'out'}"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with open(place / "messages", "w", encoding="utf-8") as messages:
        process = subprocess.Popen(
            [*command, "num_workers=0", "pictures=0", *arguments], stderr=messages, stdout=messages
        )
        if kill_after_clips is not None:
            _kill_one_child(process, place / "store", kill_after_clips)
        exit_code = process.wait()
    wall_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Call(wall_s, cpu_s, exit_code, (place / "messages").read_text(encoding="utf-8"))


def _kill_one_child(process: subprocess.Popen[bytes], store: Path, clips: int) -> None:
    """Kill the youngest shard when this many clips are stored; shards are the processes that hold its lock."""
    while process.poll() is None and count_signals(store) < clips:
        time.sleep(0.2)
    shards = [pid for pid in _descendants(process.pid) if _holds_lock(pid)]
    if not shards:
        sys.exit("the work was over before a shard could be killed; give a larger corpus")
    os.kill(max(shards), signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [each for child in map(int, children) for each in (child, *_descendants(child))]


def _holds_lock(pid: int) -> bool:
    links = (os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink())
    return any("/.shards/" in link for link in links)


def count_signals(store: Path) -> int:
    """Return the number of stored signals, without reading them."""
    return sum(len(SignalStore(folder)) for folder in store.glob("*-*"))


def signals(store: Path) -> dict[str, dict[str, bytes]]:
    """Return the content of each stored signal, by the folder of its extractor and its key."""
    found: dict[str, dict[str, bytes]] = {}
    for folder in store.glob("*-*"):
        stored = SignalStore(folder)
        keys = [key for entries in stored.shards.values() for key in entries]
        assert len(keys) == len(set(keys)), "a signal is stored twice"
        found[folder.name] = {key: stored[key].values.tobytes() for key in keys}
    return found


def check_equal(one: Path, other: Path) -> int:
    """Check that two preparations left the same; return the number of signals."""
    for name in ("manifest.jsonl", "failures.jsonl"):
        paths = [place / "out" / name for place in (one, other)]
        contents = [path.read_bytes() if path.exists() else b"" for path in paths]
        assert contents[0] == contents[1], f"{name} differs"
    found = signals(one / "store")
    assert found == signals(other / "store"), "signals differ"
    return sum(map(len, found.values()))


def main() -> None:
    """Run the three ways, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--launcher", choices=LAUNCHERS, default="joblib")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("settings", nargs="+", help="settings of prepare")
    args = parser.parse_args()
    launcher = [each.format(workers=args.workers) for each in LAUNCHERS[args.launcher]]
    shards = ["-m", f"shard=range(0,{args.shards})", f"num_shards={args.shards}", *launcher, *args.settings]
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder, name) for name in ("one", "shards", "killed")]
        for place in places:
            place.mkdir()
        one = prepare(places[0], args.settings)
        count = count_signals(places[0] / "store")
        print(f"one process: {one.wall_s:.1f} s, {one.cpu_s:.1f} CPU s, {count} signals", flush=True)
        many = prepare(places[1], shards)
        check_equal(places[0], places[1])
        print(
            f"{args.shards} shards, {args.launcher}, {args.workers} workers: {many.wall_s:.1f} s "
            f"({one.wall_s / many.wall_s:.2f}x), {many.cpu_s:.1f} CPU s; equal",
            flush=True,
        )
        killed = prepare(places[2], shards, kill_after_clips=count // 2)
        print(f"one killed half-way: {killed.wall_s:.1f} s, exit code {killed.exit_code}", flush=True)
        print("\n".join(line for line in killed.messages.splitlines() if line.startswith("error: ")), flush=True)
        kept = count_signals(places[2] / "store")
        again = prepare(places[2], shards)
        check_equal(places[0], places[2])
        total_s = killed.wall_s + again.wall_s
        print(
            f"the same command again: {count - kept} signals were missing, {again.wall_s:.1f} s; in all "
            f"{total_s:.1f} s ({one.wall_s / total_s:.2f}x), {killed.cpu_s + again.cpu_s:.1f} CPU s; equal"
        )


if __name__ == "__main__":
    main()
