"""Replays the detector over a series: what it would have said of every point when it was new."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from checks.volume.detector import Detector, Seen
from checks.volume.outlook import Outlook
from checks.volume.wording import against, between, number
from checks.volume.words import USUAL, Judged, State, Tuning

__all__ = ["Judged", "State", "Tuning", "backtest", "judge", "predict"]


_FARTHEST, _NEAREST = 1e60, 1e-60
_NEARLY = 0.4999  # the greatest score of what is no alarm


def backtest(
    times: Sequence[datetime], values: Sequence[float | None], tuning: Tuning = USUAL
) -> list[Judged]:
    """Judge every point from those before it alone; one result per point, in order.

    Times are aware and rise; values that are None or not finite are unknown, which is not zero.
    """
    detector = Detector(tuning)
    return [judge(detector, at, value) for at, value in zip(times, values, strict=True)]


def judge(detector: Detector, at: datetime, value: float | None) -> Judged:
    """Judge the next point of a series, and learn from it."""
    outlook = detector.outlook(at)
    told = predict(detector, at, outlook)
    if value is None or not math.isfinite(value):
        return told
    value = float(value)
    # Beyond these nothing is told apart, and squares would overflow.
    near = min(max(value, -_FARTHEST), _FARTHEST) if abs(value) >= _NEAREST else 0.0
    seen = detector.look(at, near, outlook)
    judged = _judged(detector, told, value, seen)
    learning = told.state is State.LEARNING
    detector.train(at, near, outlook, seen, flagged=judged.flag and not learning)
    return judged


def predict(detector: Detector, at: datetime, outlook: Outlook | None) -> Judged:
    """What a point should be, before it is seen."""
    tuning = detector.tuning
    missing = detector.missing()
    state = State.LEARNING if missing else State.NORMAL
    expected = lower = upper = None
    if outlook is not None:
        expected = outlook.expected
        lower, upper = outlook.bounds(detector.alarm, tuning.floor)
    lower = None if tuning.side == "high" else lower
    upper = None if tuning.side == "low" else upper
    lower, upper = _with_declared(tuning, lower, upper)
    if expected is not None and lower is not None:
        expected = max(expected, lower)
    if expected is not None and upper is not None:
        expected = min(expected, upper)
    return Judged(at, None, expected, lower, upper, 0.0, False, state, missing or "unknown")


def _with_declared(
    tuning: Tuning, lower: float | None, upper: float | None
) -> tuple[float | None, float | None]:
    """The bounds with those that were declared, also against the learned ones."""
    if tuning.minimum is not None:
        lower = tuning.minimum
        upper = None if upper is None else max(upper, lower)
    if tuning.maximum is not None:
        upper = tuning.maximum
        lower = None if lower is None else min(lower, upper)
    return lower, upper


def _judged(detector: Detector, told: Judged, value: float, seen: Seen) -> Judged:
    alarm, tuning = detector.alarm, detector.tuning
    outside = _outside(told, value)
    declared = bool(_against_declared(tuning, value))
    learning = told.state is State.LEARNING
    frozen = tuning.flatline and seen.run >= alarm
    flag = declared or (not learning and (outside or seen.drifted or frozen))
    point = seen.point if _on_side(tuning, told, value) else 0.0
    surprise = max(point, seen.window, seen.run)
    if flag:
        surprise = max(surprise, alarm)
    score = 1 - alarm / (surprise + alarm)
    state = told.state
    if flag:
        state = State.NO_CHANGE if frozen and not outside else State.RECOVERING
    return replace(
        told,
        value=value,
        score=score if flag else min(score / 2, _NEARLY),
        flag=flag,
        state=state,
        reason=_against_declared(tuning, value)
        or _reason(told, value, seen, state, outside=outside),
    )


def _outside(told: Judged, value: float) -> bool:
    below = told.lower is not None and value < told.lower
    return below or (told.upper is not None and value > told.upper)


def _against_declared(tuning: Tuning, value: float) -> str:
    """What a value is that no declared bound lets pass; empty where they do."""
    if tuning.minimum is not None and value < tuning.minimum:
        return f"{number(value)} is less than {number(tuning.minimum)}, the declared minimum"
    if tuning.maximum is not None and value > tuning.maximum:
        return f"{number(value)} is more than {number(tuning.maximum)}, the declared maximum"
    return ""


def _on_side(tuning: Tuning, told: Judged, value: float) -> bool:
    """Whether a value lies on a side that is judged."""
    if tuning.side == "both" or told.expected is None:
        return True
    return (value < told.expected) == (tuning.side == "low")


def _reason(told: Judged, value: float, seen: Seen, state: State, *, outside: bool) -> str:
    if state is State.LEARNING:
        return told.reason
    if state is State.NO_CHANGE:
        return f"{number(value)} has not changed for {seen.same} points; it usually does"
    if state is State.RECOVERING and not outside:
        word = "above" if seen.shift > 0 else "below"
        return f"the last {seen.length} points together are {word} what is usual"
    if told.expected is None:
        return f"{number(value)} is outside of {between(told.lower, told.upper)}"
    return against(value, told.expected)
