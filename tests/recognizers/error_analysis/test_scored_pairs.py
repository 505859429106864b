from recognizers.error_analysis.scored_pairs import compare_errors, differing_clips


def rows(**errors: int) -> dict[str, dict]:
    return {
        name: {"reference": "a b", "prediction": f"{count}", "word_errors": count, "words": 2, "speaker": name[0]}
        for name, count in errors.items()
    }


def test_only_clips_of_both_are_compared() -> None:
    result = compare_errors(rows(a1=1, a2=2, b1=0), rows(a1=0, b1=0, c1=2), "word")
    assert (result.difference, result.units) == (-0.25, 2)
    by_speaker = compare_errors(rows(a1=1, a2=2, b1=0), rows(a1=0, a2=0, b1=0), "word", by_speaker=True)
    assert by_speaker.units == 2


def test_the_largest_gains_come_first_and_equal_clips_are_left_out() -> None:
    found = differing_clips(rows(a1=1, a2=2, b1=0, b2=1), rows(a1=0, a2=0, b1=1, b2=1), "word")
    assert [(each.id, each.gain) for each in found] == [("a2", 2), ("a1", 1), ("b1", -1)]
    assert (found[0].first, found[0].second) == ("2", "0")
