"""Gauges by the hour and by the day: what is left of points when they are rolled up.

A point is a change of value, and the value holds until the next one. So a span (an hour or a day,
in UTC) is written only where something changed in it; the value at its end holds through the spans
after it. What a span is worth is told by the metric's `rollup`: the last, least or greatest value
in force at any time within it, the one carried into it included, or the sum of its points.

Everything here is a function over values; `pruning` and `history` read and write.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby, pairwise
from typing import Literal, NamedTuple

from limnograph.store.rows import Grain

Rollup = Literal["sum", "last", "min", "max"]
LENGTH: dict[Grain, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class Span(NamedTuple):
    """An hour, a day or a point: its worth, the value at its end, and the points it is made of."""

    start: datetime
    value: float
    last: float
    points: int = 1


class Graded(NamedTuple):
    """A span and its grain; a point that was not rolled up has none."""

    grain: Grain | None
    span: Span


def start_of(at: datetime, grain: Grain) -> datetime:
    """The start of the hour or the day in UTC that holds a time.

    >>> start_of(datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "day").isoformat()
    '2026-03-01T00:00:00+00:00'
    """
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if grain == "hour" else hour.replace(hour=0)


def fold(
    items: Iterable[Span], carry: float | None, grain: Grain, rollup: Rollup
) -> Iterator[Span]:
    """Points into hours, or hours into days, in order of time.

    `carry` is the value in force before the first item, None where it is unknown. A sum that is no
    number (infinity less infinity) is unknown and left out.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> points = [Span(noon + timedelta(minutes=m), m, m) for m in (5, 60)]
    >>> [(span.start.hour, span.value) for span in fold(points, 9.0, "hour", "max")]
    [(12, 9.0), (13, 60)]
    """
    for start, group in groupby(items, lambda item: start_of(item.start, grain)):
        spans = list(group)
        # A value that changes in the first instant of a span is not in force in any of it.
        carried = None if spans[0].start == start else carry
        value = _worth([span.value for span in spans], carried, rollup)
        carry = spans[-1].last
        if not math.isnan(value):
            yield Span(start, value, carry, sum(span.points for span in spans))


def _worth(values: Sequence[float], carried: float | None, rollup: Rollup) -> float:
    if rollup == "sum":
        return sum(values)
    if rollup == "last":
        return values[-1]
    in_force = values if carried is None else [carried, *values]
    return min(in_force) if rollup == "min" else max(in_force)


def at_grain(
    days: Sequence[Span],
    hours: Sequence[Span],
    points: Sequence[Span],
    carry: float | None,
    grain: Grain | None,
    rollup: Rollup,
) -> list[Graded]:
    """A series as spans of a grain, coarser where finer ones are gone; None asks for the points.

    `carry` is the value in force before the first point.
    """
    if grain is None:
        return [
            *(Graded("day", span) for span in days),
            *(Graded("hour", span) for span in hours),
            *(Graded(None, span) for span in points),
        ]
    hourly = [*hours, *fold(points, carry, "hour", rollup)]
    if grain == "hour":
        older = (Graded("day", span) for span in days)
        return [*older, *(Graded("hour", span) for span in hourly)]
    before = days[-1].last if days else None
    return [Graded("day", span) for span in chain(days, fold(hourly, before, "day", rollup))]


def filled(
    rows: Sequence[Graded], grain: Grain, since: datetime | None, end: datetime
) -> Iterator[Graded]:
    """The spans of a series, and between them and up to `end` those in which nothing changed.

    The last span of those is the one that holds `end`: none is made up for the time after it, nor
    for any before the first. Before `since` none are filled in.
    """
    step = LENGTH[grain]
    for row, following in pairwise([*rows, None]):
        assert row is not None
        yield row
        start = row.span.start + LENGTH[row.grain or grain]
        if since is not None and start < since:
            start = start_of(since, grain)
        while start < following.span.start if following else start <= end:
            yield Graded(grain, Span(start, row.span.last, row.span.last, 0))
            start += step
