import pytest

from pipelines.reporting.forgetting_section import describe_forgetting, forgetting_section
from recognizers.probe.forgetting import CellMemory, Forgetting, TaskMemory


def cell(name: str, *accuracy: float) -> CellMemory:
    reach = tuple(10.0**-lag for lag in range(len(accuracy)))
    return CellMemory(name, accuracy, (accuracy,), reach, reach, reach)


def task(name: str, *cells: CellMemory) -> TaskMemory:
    return TaskMemory(name, (1, 10, 80), 0.1, 100, cells)


SYMBOL = task("symbol", cell("rnn", 1.0, 1.0, 0.1), cell("lstm", 1.0, 1.0, 0.98))
#: Made of few clips: even the LSTM is wrong in half of all cases, wherever the answer lies.
PAUSE = task("pause", cell("rnn", 0.2, 0.15, 0.1), cell("lstm", 0.5, 0.52, 0.48))


def test_memory_is_compared_with_the_best_at_the_shortest_distance() -> None:
    section = forgetting_section(Forgetting(SYMBOL, PAUSE), "label", None)
    assert section.figures == {
        "symbol_rnn_frames_back": 10,
        "symbol_lstm_frames_back": 80,
        "pause_rnn_frames_back": None,
        "pause_lstm_frames_back": 80,
    }
    assert "a symbol is remembered by the plain RNN over 10 frames and the LSTM over 80 frames or more" in (
        section.seen[0].lower() + section.seen[1:]
    )
    assert section.seen.count("the LSTM over 80 frames or more") == 2


@pytest.mark.parametrize(("pause", "names"), [(PAUSE, {"forgetting", "forgetting_pause"}), (None, {"forgetting"})])
def test_a_section_has_a_picture_for_each_task(pause: TaskMemory | None, names: set[str]) -> None:
    section = forgetting_section(Forgetting(SYMBOL, pause), "label", None if pause else "one label")
    assert set(section.charts) == names
    assert ("There is no task made of this corpus: one label" in section.notes) == (pause is None)


def test_a_task_that_no_cell_has_learned_is_not_remembered() -> None:
    cell = CellMemory("lstm", (0.15, 0.2), ((0.15,), (0.2,)), (1.0, 1.0), (1.0, 1.0), (9.0, 9.0))
    seen = describe_forgetting([TaskMemory("pause", (1, 5), 0.1, 20, (cell,))], "last word")
    assert "the LSTM not even over 1 frame" in seen
