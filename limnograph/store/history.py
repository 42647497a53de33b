"""Read a gauge over all the time it is known, at one grain, from points and what they became."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from limnograph.store.rollup import Graded, Span, at_grain, filled
from limnograph.store.rows import Grain, HistoryRow
from limnograph.store.schema import outcome, point, rollup, series
from monitors.core import Metric


def history(
    connection: Connection,
    subject_id: str,
    metric: Metric,
    grain: Grain | None,
    since: datetime | None,
    until: datetime | None,
) -> list[HistoryRow]:
    """The spans of a gauge that start from `since` to before `until`, by labels and time."""
    query = (
        select(series, outcome.c.last_success_at)
        .outerjoin(
            outcome,
            and_(outcome.c.subject == series.c.subject, outcome.c.monitor == series.c.monitor),
        )
        .where(series.c.subject == subject_id, series.c.metric == metric.name)
        .order_by(series.c.labels)
    )
    return [
        _row(subject_id, metric, tuple(row.labels), one)
        for row in connection.execute(query).all()
        for one in _spans(_kept(connection, row), metric, grain, since, until)
    ]


@dataclass(frozen=True, slots=True)
class _Kept:
    """All that is left of one series; `end` is how far its last value is known to hold."""

    days: list[Span]
    hours: list[Span]
    points: list[Span]
    carry: float | None
    end: datetime | None


def _kept(connection: Connection, row: Row[Any]) -> _Kept:
    rolled: dict[str, list[Span]] = {"hour": [], "day": []}
    query = select(rollup).where(rollup.c.series == row.id).order_by(rollup.c.start)
    for one in connection.execute(query):
        rolled[one.grain].append(Span(one.start, one.value, one.last, one.points))
    values = select(point.c.at, point.c.value).where(point.c.series == row.id)
    points = [
        Span(at, value, value) for at, value in connection.execute(values.order_by(point.c.at))
    ]
    # The newest of the points that were rolled up stays, as the value in force.
    old = [one for one in points if row.rolled_until and one.start < row.rolled_until]
    last_seen = points[-1].start if points else None
    known = row.latest is not None and row.last_success_at
    end = max(row.last_success_at, last_seen) if known and last_seen else last_seen
    return _Kept(
        rolled["day"], rolled["hour"], points[len(old) :], old[-1].value if old else None, end
    )


def _spans(
    kept: _Kept,
    metric: Metric,
    grain: Grain | None,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[Graded]:
    rows = at_grain(kept.days, kept.hours, kept.points, kept.carry, grain, metric.rollup)
    if not rows or kept.end is None:
        return
    # Points speak for themselves, and a sum is nothing where there are none.
    dense = grain is not None and metric.rollup != "sum"
    end = kept.end if until is None else min(kept.end, until)
    for row in filled(rows, grain, since, end) if grain and dense else rows:
        start = row.span.start
        if (since is None or start >= since) and (until is None or start < until):
            yield row


def _row(subject_id: str, metric: Metric, labels: tuple[str, ...], one: Graded) -> HistoryRow:
    span = one.span
    return HistoryRow(
        subject_id, metric.name, labels, one.grain, span.start, span.value, span.last, span.points
    )
