from benchmarks.shrec21 import learn_offsets, widen
from recognizers.error_analysis.detection import Span


def test_a_gesture_gets_the_usual_times_of_its_class() -> None:
    right = ([Span("TAP", 4.9, 5.1), Span("ONE", 7.9, 8.1)], [Span("TAP", 4.0, 5.5), Span("ONE", 6.0, 9.0)])
    wrong = ([Span("TAP", 4.9, 5.1)], [Span("V", 0.0, 9.0)])
    offsets = learn_offsets([right, right, wrong])
    assert {label: [round(each, 6) for each in times] for label, times in offsets.items()} == {
        "TAP": [-1.0, 0.5],
        "ONE": [-2.0, 1.0],
    }
    tap, unknown = widen([Span("TAP", 19.9, 20.1), Span("V", 30.0, 30.1)], offsets)
    assert (round(tap.start_s, 6), round(tap.end_s, 6)) == (19.0, 20.5)
    assert unknown == Span("V", 30.0, 30.1)
