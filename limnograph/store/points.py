"""Gauges over time: a point per change of value, and the value of the last reading.

A value holds until the next point, so one that is already in force at its time is not written.
The last reading is served even when its event time went backwards. What an assessed reading no
longer reports is unknown: the series keeps its points and loses its latest value.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from limnograph.store.schema import Time, point, series
from limnograph.store.statements import insert_missing, upsert
from monitors.core import Measurement

Point = tuple[datetime, float]
_Identity = tuple[str, tuple[str, ...]]
"""Metric name and label values."""


def new_points(known: Sequence[Point], measured: Sequence[Point]) -> list[Point]:
    """The measured points that are not in force yet, given the known ones in order of time.

    >>> t = [datetime(2026, 3, day) for day in (1, 2, 3, 4)]
    >>> new_points([(t[1], 5.0)], [(t[2], 5.0), (t[3], 6.0)]) == [(t[3], 6.0)]
    True
    >>> new_points([(t[1], 5.0)], [(t[0], 5.0)]) == [(t[0], 5.0)]
    True
    """
    held, added = dict(known), []
    times = sorted(held)
    for at, value in sorted(dict(measured).items()):
        before = bisect_right(times, at)
        if before and held[times[before - 1]] == value:
            continue
        if at not in held:
            times.insert(before, at)
        held[at] = value
        added.append((at, value))
    return added


@dataclass(frozen=True, slots=True)
class Reported:
    """The measurements of one monitor; `complete` says that these are all it knows."""

    monitor: str
    measurements: Sequence[Measurement]
    complete: bool


def write_measurements(
    connection: Connection, subject_id: str, run: str, reported: Sequence[Reported]
) -> bool:
    """Write the measurements of readings of a subject; True when a point or a latest value changed.

    A value that is not a number is unknown.
    """
    measured: dict[_Identity, list[Point]] = {}
    monitors: dict[_Identity, str] = {}
    for mine in reported:
        for one in mine.measurements:
            if not math.isnan(one.value):
                identity = (one.metric.name, one.labels)
                measured.setdefault(identity, []).append((one.at, one.value))
                monitors.setdefault(identity, mine.monitor)
    rows = _series(connection, subject_id, monitors)
    points = {rows[identity].id: points for identity, points in measured.items()}
    wrote = _write_points(connection, points, run)
    complete = {mine.monitor for mine in reported if mine.complete}
    served = [row for row in rows.values() if row.monitor in complete and row.latest is not None]
    gone = [row.id for row in served if _identity(row) not in measured]
    latest = {row.id: (row.latest_at, row.latest) for row in rows.values()}
    return _write_latest(connection, latest, points, gone) or wrote


def _identity(row: Any) -> _Identity:
    return row.metric, tuple(row.labels)


def _series(
    connection: Connection, subject_id: str, monitors: Mapping[_Identity, str]
) -> Mapping[_Identity, Any]:
    """Every series of a subject, among them those that are measured for the first time."""
    rows = {_identity(row): row for row in connection.execute(_SERIES, {"of": subject_id})}
    missing = [
        {"subject": subject_id, "monitor": monitor, "metric": metric, "labels": labels}
        for (metric, labels), monitor in monitors.items()
        if (metric, labels) not in rows
    ]
    if not missing:
        return rows
    insert_missing(connection, series, missing)
    return {_identity(row): row for row in connection.execute(_SERIES, {"of": subject_id})}


def _write_points(
    connection: Connection, measured: Mapping[int, Sequence[Point]], run: str
) -> bool:
    known = _known_points(connection, measured)
    rows = [
        {"series": of, "at": at, "value": value, "run": run}
        for of, points in measured.items()
        for at, value in new_points(known.get(of, []), points)
    ]
    upsert(connection, point, rows)
    return bool(rows)


def _known_points(
    connection: Connection, measured: Mapping[int, Sequence[Point]]
) -> Mapping[int, list[Point]]:
    """For each series the point in force at its first measured time, and those up to the last."""
    spans: dict[tuple[datetime, datetime], list[int]] = {}
    for of, points in measured.items():
        times = [at for at, _ in points]
        spans.setdefault((min(times), max(times)), []).append(of)
    known: dict[int, list[Point]] = {}
    for (first, last), ids in spans.items():
        span = {"ids": ids, "first": first, "last": last}
        for of, at, value in connection.execute(_KNOWN, span):
            known.setdefault(of, []).append((at, value))
    return known


def _write_latest(
    connection: Connection,
    latest: Mapping[int, tuple[datetime | None, float | None]],
    measured: Mapping[int, Sequence[Point]],
    gone: Sequence[int],
) -> bool:
    # Sorting keeps the order of equal times, so that the one reported last counts.
    newest = {of: sorted(points, key=lambda p: p[0])[-1] for of, points in measured.items()}
    rows = [
        {"of": of, "now": value, "now_at": at}
        for of, (at, value) in newest.items()
        if latest[of] != (at, value)
    ]
    rows += [{"of": of, "now": None, "now_at": None} for of in gone]
    if rows:
        connection.execute(_SET_LATEST, rows)
    return bool(rows)


_SERIES = select(series).where(series.c.subject == bindparam("of"))
_EARLIER = point.alias("earlier")
_FIRST = bindparam("first", type_=Time)
# A maximum over one series is a seek in the key; grouped, it would read all its points.
_IN_FORCE = (
    select(func.max(_EARLIER.c.at))
    .where(_EARLIER.c.series == series.c.id, _EARLIER.c.at <= _FIRST)
    .scalar_subquery()
)
_KNOWN = (
    select(point.c.series, point.c.at, point.c.value)
    .join(series, series.c.id == point.c.series)
    .where(
        series.c.id.in_(bindparam("ids", expanding=True)),
        point.c.at <= bindparam("last", type_=Time),
        point.c.at >= func.coalesce(_IN_FORCE, _FIRST),
    )
    .order_by(point.c.series, point.c.at)
)
_SET_LATEST = (
    update(series)
    .where(series.c.id == bindparam("of"))
    .values(latest=bindparam("now"), latest_at=bindparam("now_at"))
)
