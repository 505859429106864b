"""Speed of hand tracking in video: this project's tracker in one and two processes, and a loop over single pictures.

python -m benchmarks.keypoints                           # rendered hands
python -m benchmarks.keypoints --videos data/karsl/train # real videos

The loop is that of the tutorials: cv2.VideoCapture and MediaPipe's HandLandmarker in IMAGE mode for two hands. Every
contender has processes of its own. Only one contender works at a time, on the same few videos as the others.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.keypoints_contenders import Tracked, Videos

#: Number of processes and description of each contender.
CONTENDERS = {
    "ours": (1, "this project's tracker"),
    "ours_two": (2, "this project's tracker in two processes, each with all videos"),
    "image_loop": (1, "loop over single pictures"),
}
SUFFIXES = frozenset({".mp4", ".webm", ".mov", ".avi", ".mkv"})
ENVIRONMENT = {"OMP_NUM_THREADS": "1"}


def main() -> None:
    """Run the benchmark."""
    options = _options()
    from benchmarks.keypoints_contenders import Videos, render_demo
    from data_prep.features.hand_tracker import HandTracker

    with tempfile.TemporaryDirectory() as folder:
        videos = options.videos
        if videos is None:
            videos = Path(folder) / "demo"
            videos.mkdir()
            render_demo(videos, options.turn * options.rounds, options.seed)
        paths = sorted(path for path in videos.rglob("*") if path.suffix.lower() in SUFFIXES)
        if len(paths) < options.turn:
            sys.exit(f"{videos}: found {len(paths)} videos, expected {options.turn} or more; give a smaller --turn")
        wanted = options.turn * options.rounds
        chosen = [paths[index * len(paths) // wanted] for index in range(wanted)] if len(paths) > wanted else paths
        tracker = HandTracker(second_hand_every=options.second_hand_every)
        try:
            turns = measure(Videos(tuple(chosen), tracker), options.turn, options.rounds, Path(folder))
        except KeyboardInterrupt:
            sys.exit(130)
    report(turns)


def measure(videos: "Videos", turn: int, rounds: int, folder: Path) -> "dict[str, list[list[Tracked]]]":
    """Let the contenders work in turns, and return the turns of each process by contender."""
    from benchmarks import keypoints_contenders
    from benchmarks.pacing import Contender, end_all

    runs = {
        "ours": keypoints_contenders.ours,
        "ours_two": keypoints_contenders.ours,
        "image_loop": keypoints_contenders.run_image_loop,
    }
    teams: dict[str, list[Contender]] = {}
    everyone: list[Contender] = []
    try:
        for name, (processes, _) in CONTENDERS.items():
            teams[name] = []
            for number in range(processes):
                each = Contender(name, runs[name], videos, ENVIRONMENT, folder / f"{name}{number}")
                teams[name].append(each)
                everyone.append(each)
        for each in everyone:
            each.wait_until_ready()
            each.take_turn(1, float("inf"))  # warm-up
        for number in range(rounds):
            for team in teams.values():
                for each in team:
                    each.begin_turn(turn, float("inf"))
                for each in team:
                    each.end_turn()
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    finally:
        end_all(everyone)
    return {name: [each.turns[1:] for each in team] for name, team in teams.items()}


def report(turns: "dict[str, list[list[Tracked]]]") -> None:
    """Print a table, and the main figures as JSON in the last line."""
    from rich.console import Console
    from rich.table import Table

    from benchmarks.report import cpu_and_versions

    table = Table()
    for heading in ("contender", "", "frames/s", "CPU ms/frame", "detecting", "creating", "with a hand"):
        table.add_column(heading, justify="left" if heading in ("contender", "") else "right")
    for name, team in turns.items():
        done = [turn for process in team for turn in process]
        cpu_s, frames = sum(turn.cpu_seconds for turn in done), sum(turn.frames for turn in done)
        cells = [f"{_speed(team):.1f}", f"{cpu_s / frames * 1000:.1f}"]
        cells += [f"{sum(getattr(turn, part) for turn in done) / cpu_s:.1%}" for part in ("detecting_s", "creating_s")]
        table.add_row(name, CONTENDERS[name][1], *cells, f"{_share_with_hand(done):.1%}")
    first = turns["image_loop"][0]
    console = Console(width=130)
    console.print(
        f"{sum(len(turn.landmarks) for turn in first)} videos, {sum(turn.frames for turn in first)} frames\n"
        f"{cpu_and_versions('mediapipe', 'opencv-contrib-python', 'av')}",
        highlight=False,
    )
    console.print(table)
    console.print(
        "frames/s: in wall-clock time; detecting: fraction of the CPU time in MediaPipe's detection; "
        "creating: fraction of the CPU time for loading its models",
        highlight=False,
    )
    print(json.dumps(figures(turns)))


def figures(turns: "dict[str, list[list[Tracked]]]") -> dict[str, float]:
    """Return the main figures.

    ratio_...: Speed relative to the loop over single pictures, in wall-clock time or, with `_cpu`, in CPU time.
    mediapipe_share: Fraction of the tracker's CPU time in MediaPipe's detection; `_with_creation` includes the loading
        of its models, which happens once per clip.
    landmark_difference: Median distance between the landmarks of the tracker and the loop, in picture heights.
    """
    (ours,), (loop,) = turns["ours"], turns["image_loop"]
    cpu_s = sum(turn.cpu_seconds for turn in ours)
    return {
        "ratio_one_process": round(_speed([ours]) / _speed([loop]), 4),
        "ratio_two_processes": round(_speed(turns["ours_two"]) / _speed([loop]), 4),
        "ratio_one_process_cpu": round(sum(turn.cpu_seconds for turn in loop) / cpu_s, 4),
        "mediapipe_share": round(sum(turn.detecting_s for turn in ours) / cpu_s, 4),
        "mediapipe_share_with_creation": round(sum(turn.detecting_s + turn.creating_s for turn in ours) / cpu_s, 4),
        "landmark_difference": round(_difference(ours, loop), 5),
    }


def _speed(team: "list[list[Tracked]]") -> float:
    """Return the frames per second of wall-clock time; a turn ends with the last of its processes."""
    seconds = sum(max(turn.seconds for turn in together) for together in zip(*team, strict=True))
    return sum(turn.frames for process in team for turn in process) / seconds


def _share_with_hand(done: "list[Tracked]") -> float:
    import numpy as np

    found = [~np.isnan(hands[:, :, 0, 0]).all(axis=1) for turn in done for hands in turn.landmarks.values()]
    return float(np.concatenate(found).mean())


def _difference(ours: "list[Tracked]", loop: "list[Tracked]") -> float:
    import numpy as np

    distances: list[np.ndarray] = []
    for one, other in zip(ours, loop, strict=True):
        for path, hands in one.landmarks.items():
            theirs = other.landmarks[path]
            if len(theirs) == len(hands):  # both decoders found the same number of frames
                apart = np.linalg.norm(hands[:, :, None] - theirs[:, None], axis=-1)  # (T, 2, 2, 21)
                nearest = np.nanmin(np.where(np.isnan(apart), np.inf, apart), axis=1)  # (T, 2, 21)
                distances.append(nearest[np.isfinite(nearest)])
    return float(np.median(np.concatenate(distances)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.keypoints", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--videos", type=Path, metavar="FOLDER", help="real videos of hands (default: rendered hands)")
    add(
        "--second-hand-every",
        type=int,
        default=5,
        metavar="N",
        help="setting of the tracker with this name (default 5)",
    )
    add("--turn", type=int, default=3, help="videos per turn (default 3)")
    add("--rounds", type=int, default=8, help="turns of each contender (default 8)")
    add("--seed", type=int, default=0, help="seed for the rendered hands (default 0)")
    options = parser.parse_args()
    if min(options.turn, options.rounds, options.second_hand_every) < 1:
        parser.error("--turn, --rounds and --second-hand-every must be at least 1")
    return options


if __name__ == "__main__":
    main()
