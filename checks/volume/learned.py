"""Bounds for the next value of a series, learned from its past."""

from collections.abc import Sequence
from datetime import datetime

from checks.volume.backtest import judge, predict
from checks.volume.detector import Detector
from checks.volume.words import USUAL, Judged, Tuning


def band(
    times: Sequence[datetime],
    values: Sequence[float | None],
    at: datetime,
    tuning: Tuning = USUAL,
) -> Judged:
    """What the next point of a series, at `at`, should be: a judgement without a value.

    While its state is learning, `reason` says how much history is missing.
    """
    detector = Detector(tuning)
    for when, value in zip(times, values, strict=True):
        judge(detector, when, value)
    return predict(detector, at, detector.outlook(at))
