"""What is to be seen in the pictures of a probe, in two sentences each, made from the numbers."""

from collections.abc import Sequence

from pipelines.reporting.probe_plots import metric_name, milliseconds
from recognizers.probe.context import TOLERANCE, Context
from recognizers.probe.gates import TOP_UNITS, Gates
from recognizers.probe.order import REVERSED, SHUFFLED, Order
from recognizers.probe.reach import Reach
from recognizers.probe.scores import Score

#: Units that move this many times as much as all units do, compared with elsewhere, switch.
SWITCHING = 1.2


def describe_order(order: Order) -> str:
    """Say what shuffling and reversing cost, and from which length of windows on."""
    whole, shuffled, reversed_ = order.scores[0].score, order.of(SHUFFLED).score, order.of(REVERSED).score
    name = metric_name(order.metric)
    guess = "" if order.guessing is None else f" (always giving the most frequent label: {percent(order.guessing)})"
    first = (
        f"In order, the {name} is {with_interval(whole)} on {clips(order.clips)}; with a clip's frames shuffled it is "
        f"{with_interval(shuffled)}, and reversed {percent(reversed_.value)}{guess}."
    )
    if _is_within_chance(shuffled):
        return f"{first} The difference is within chance: this recognizer goes by which frames occur, not by when."
    harmless = _longest_harmless_window(order)
    costly = next((each.window for each in order.scores if each.window and each.window > (harmless or 0)), None)
    at_most = f"costs at most {100 * TOLERANCE:.0f} points"
    if costly is None:
        return f"{first} Shuffling within any windows shorter than a clip {at_most}: the order of longer parts matters."
    change = abs(next(each.score.change for each in order.scores if each.window == costly))
    more = f"within {milliseconds(costly, order.frame_rate_hz)} it costs {100 * change:.1f}"
    if harmless is None:
        return f"{first} Already shuffling {more} points, so that even neighbouring frames must be in order."
    within = milliseconds(harmless, order.frame_rate_hz)
    return f"{first} Shuffling within {within} {at_most}, {more}: from there on, order carries what is recognised."


def describe_reach(reach: Reach, contexts: Sequence[Context]) -> str:
    """Say how far the gradient reaches, and how much context the score needs."""
    past = _reach_of(reach.past(0.1), reach)
    sides = f"{past} before the output"
    if min(reach.lags) < 0:
        sides += f" and {_reach_of(reach.future(0.1), reach)} after it"
    first = f"The gradient of an output falls to a tenth of its largest value {sides}"
    hundredth = reach.past(0.01)
    first += "." if hundredth is None else f", and to a hundredth {_reach_of(hundredth, reach)} before it."
    return f"{first} {describe_context(contexts)}"


def describe_context(contexts: Sequence[Context]) -> str:
    """Say, in one sentence, with how much context the score is as good as with whole clips."""
    where = {"last": "the last {}", "first": "the first {}", "either side": "{} on either side of each frame"}
    enough, short = [], []
    for context in contexts:
        frames = context.scores[-1].frames if context.enough is None else context.enough
        place = where[context.kind].format(milliseconds(frames, context.frame_rate_hz))
        if context.enough is None:
            short.append(f"even {place} are not enough ({percent(context.scores[-1].score.value)})")
        else:
            enough.append(place)
    parts = ([f"{' or '.join(enough)} are enough"] if enough else []) + short
    aim = f"within {100 * TOLERANCE:.0f} points of whole clips ({percent(contexts[0].whole.value)})"
    return f"For the {metric_name(contexts[0].metric)} to be {aim}, {'; '.join(parts)}."


def describe_gates(gates: Gates) -> str:
    """Say which units are drawn, and whether they switch at boundaries."""
    drawn = min(TOP_UNITS, len(gates.units))
    place = f"{gates.cell.upper()} layer {gates.layer}, {gates.direction}"
    number = len(gates.boundaries.times_s)
    of = gates.boundaries.of
    marks = {0: f"no {of} begins or ends inside it", 1: f"a line marks the {of} boundary"}.get(
        number, f"lines mark {number} {of} boundaries"
    )
    first = f"Each row is one of {drawn} of the {len(gates.units)} units of {place}; {marks}."
    state = "cell state" if gates.cell == "lstm" else "state"
    if gates.top_ratio is None or gates.all_ratio is None:
        return f"{first} No clip has a boundary inside it, so the rows are the units whose {state} moves most."
    tested = clips(gates.tested_clips)
    moves = f"at boundaries their {state} moves {gates.top_ratio:.1f} times as much as elsewhere"
    compared = f"that of all units {gates.all_ratio:.1f} times ({tested})"
    if gates.top_ratio < SWITCHING * gates.all_ratio:
        return f"{first} No units stand out: {moves}, {compared}."
    return f"{first} They switch there: {moves}, {compared}."


def percent(share: float) -> str:
    """Return a fraction in percent."""
    return f"{100 * share:.1f} %"


def with_interval(score: Score) -> str:
    """Return a score with its 95 % interval."""
    low, high = score.interval
    return f"{percent(score.value)} ({100 * low:.1f} to {100 * high:.1f})"


def clips(count: int) -> str:
    """Return a number of clips."""
    return "1 clip" if count == 1 else f"{count:,} clips"


def _is_within_chance(score: Score) -> bool:
    low, high = score.change_interval
    return low <= 0 <= high


def _longest_harmless_window(order: Order) -> int | None:
    sign = -1 if order.higher_is_better else 1
    longest = None
    for each in order.scores:
        if each.window is not None:
            if sign * each.score.change > TOLERANCE:
                break
            longest = each.window
    return longest


def _reach_of(frames: int | None, reach: Reach) -> str:
    if frames is None:
        return f"over {milliseconds(max(reach.lags), reach.frame_rate_hz)}"
    return milliseconds(frames, reach.frame_rate_hz)
