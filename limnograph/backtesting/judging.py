"""Judges a series in the order of its times, and gives the answers in the order of its source."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from checks.volume.backtest import backtest
from checks.volume.words import Judged, Tuning
from exporters.backtest_json import Backtested, Swept, summed_up
from limnograph.backtesting.series import Series

Detector = Callable[[Sequence[datetime], Sequence[float | None], Tuning], list[Judged]]
"""Judges each point from those before it; times do not fall."""


def backtested(
    series: Series,
    tuning: Tuning,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    sweep: Sequence[float] | None = None,
    detector: Detector = backtest,
) -> Backtested:
    """Judge a series, and again for each number of false alarms in `sweep`.

    Points before `since` are learned from but not told of; those from `until` on are left out.
    """
    times, values = series.times, series.values
    order = sorted(
        (n for n, at in enumerate(times) if until is None or at < until), key=times.__getitem__
    )
    told = [n for n, place in enumerate(order) if since is None or times[place] >= since]
    ordered = [times[place] for place in order], [values[place] for place in order]
    cadence = series.step or _cadence(ordered[0])

    def judged(tuned: Tuning) -> list[Judged]:
        every = detector(*ordered, tuned)
        return [every[n] for n in told]

    points = judged(tuning)
    swept = [
        Swept(rate, summed_up(judged(replace(tuning, false_alarms=rate)), cadence))
        for rate in sweep or ()
    ]
    places = [order[n] for n in told]
    in_source = [point for _, point in sorted(zip(places, points, strict=True), key=_place)]
    return Backtested(
        source=series.source,
        time_zone=tuning.time_zone,
        cadence=cadence,
        false_alarms=tuning.false_alarms,
        judged=in_source,
        summary=summed_up(points, cadence),
        sweep=None if sweep is None else swept,
    )


def _place(pair: tuple[int, Judged]) -> int:
    return pair[0]


def _cadence(times: Sequence[datetime]) -> float | None:
    """The median distance between times that differ, in seconds."""
    steps = sorted((b - a).total_seconds() for a, b in pairwise(times) if a < b)
    return steps[len(steps) // 2] if steps else None
