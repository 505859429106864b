"""The section of a probe's page on forgetting: which cells still know what lies far back."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from matplotlib.figure import Figure

from pipelines.reporting.charts import svg_figure
from pipelines.reporting.forgetting_plot import NAMES, plot_forgetting, power_of_ten
from pipelines.reporting.probe_sections import TITLES, Section
from recognizers.probe.forgetting import CellMemory, Forgetting, TaskMemory

#: If no cell is better than chance by this much, none has learned the task, and differences are luck.
LEAST_LEARNED = 0.1
#: What is asked for in each task.
TASKS = {
    "symbol": "First pictures: a symbol, frames of noise, and in the last frame the cue to name it.",
    "pause": "Second pictures: clips of this corpus, each followed by a pause, after which its {what} is asked for.",
}


def forgetting_section(forgetting: Forgetting, what: str, reason: str | None) -> Section:
    """Return the section about cells that were trained on tasks of memory.

    Args:
        forgetting: What was measured.
        what: What had to be remembered of a clip: "label" or "last word".
        reason: Why there is no task made of the corpus; None if there is one.
    """
    tasks = [task for task in (forgetting.symbol, forgetting.pause) if task is not None]
    notes = [TASKS[task.task].format(what=what) for task in tasks]
    notes.append(
        "A new cell of 32 units, reading forward, is trained in the same way for each number of frames back; only its "
        "output at the last frame is used. It remembers as long as its accuracy is above the middle between chance "
        "and the best that any cell reaches at the shortest distance. The gradient is that of the last output with "
        "respect to the frame that holds the answer."
    )
    if reason is not None:
        notes.append(f"There is no task made of this corpus: {reason}")
    seen = describe_forgetting(tasks, what)
    charts = {}
    for task in tasks:
        name = "forgetting" if task.task == "symbol" else "forgetting_pause"
        charts[name] = svg_figure(
            lambda figure, task=task: _draw(figure, task),  # type: ignore[misc]
            f"accuracy and gradient reach by frames back, {task.task} task",
            640,
            290,
        )
    figures = {f"{task.task}_{cell.cell}_frames_back": _remembered(task, cell) for task in tasks for cell in task.cells}
    return Section("forgetting", TITLES["forgetting"], seen, tuple(notes), charts, _numbers(forgetting), figures)


def describe_forgetting(tasks: Sequence[TaskMemory], what: str) -> str:
    """Say over how many frames each cell remembers, and what became of the gradient that would teach it.

    Args:
        tasks: The tasks; the first is the one with symbols.
        what: What had to be remembered of a clip.
    """
    parts = []
    for task in tasks:
        where = "a symbol" if task.task == "symbol" else f"the {what} of a clip"
        cells = [f"the {NAMES[cell.cell]} {_how_long(task, cell)}" for cell in task.cells]
        parts.append(f"{where} is remembered by {_join(cells)}")
    sentence = "; ".join(parts)
    first = f"{sentence[0].upper()}{sentence[1:]}."
    least, most = (choose(tasks[0].cells, key=lambda cell: cell.reach_before[-1]) for choose in (min, max))
    gradient = f"Over {tasks[0].lags[-1]} frames, the gradient from which a cell learns to remember shrinks to about"
    second = f"{gradient} {power_of_ten(least.reach_before[-1])} in the {NAMES[least.cell]}"
    if least is not most:
        second += f" and {power_of_ten(most.reach_before[-1])} in the {NAMES[most.cell]}"
    return f"{first} {second}."


def _how_long(task: TaskMemory, cell: CellMemory) -> str:
    frames = _remembered(task, cell)
    if frames is None:
        return f"not even over {task.lags[0]} frame{'' if task.lags[0] == 1 else 's'}"
    return f"over {frames} frame{'' if frames == 1 else 's'}{' or more' if frames == task.lags[-1] else ''}"


def _remembered(task: TaskMemory, cell: CellMemory) -> int | None:
    """Return the longest lag up to which a cell remembers; None if it does not even at the shortest.

    Its accuracy is always above the middle between chance and the best one of any cell at the shortest lag: a task made
    of few clips is difficult even without anything to remember.
    """
    best = max(each.accuracy[0] for each in task.cells)
    if best < task.chance + LEAST_LEARNED:
        return None
    longest = None
    for lag, accuracy in zip(task.lags, cell.accuracy, strict=True):
        if accuracy <= (task.chance + best) / 2:
            break
        longest = lag
    return longest


def _draw(figure: Figure, task: TaskMemory) -> None:
    plot_forgetting(figure.subplots(1, 2), task)


def _join(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _numbers(forgetting: Forgetting) -> dict[str, Any]:
    return asdict(forgetting)
