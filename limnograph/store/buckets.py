"""Sums over the commit facts of an hour or a day, recomputed whenever a fact in it is written.

Hours are cut in UTC and days in a table's time zone, where a day has 23, 24 or 25 hours. A subject
has either all buckets of a zone or none: those of every zone it ever had are kept up, and a zone
that is new to it is cut from all its facts.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
)

from limnograph.store.schema import Time, bucket, commit_fact, subject
from limnograph.store.statements import chunks

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
"""Start, included, and end, not included, in UTC."""


def hour_of(at: datetime) -> Span:
    """The hour in UTC that holds a time.

    >>> hour_of(datetime(2026, 3, 1, 9, 30, tzinfo=UTC))[0].isoformat()
    '2026-03-01T09:00:00+00:00'
    """
    start = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return start, start + _HOUR


def day_of(at: datetime, zone: ZoneInfo) -> Span:
    """The day in a zone that holds a time; where clocks change it is longer or shorter.

    >>> start, end = day_of(datetime(2026, 3, 29, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    >>> start.isoformat(), end - start
    ('2026-03-28T23:00:00+00:00', datetime.timedelta(seconds=82800))
    """
    day = at.astimezone(zone).date()
    # Clocks set back across midnight show the evening of a day again after the next has begun;
    # the day then is the one whose span holds the time.
    while at >= _midnight(day + _DAY, zone):
        day += _DAY
    return _midnight(day, zone), _midnight(day + _DAY, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def recompute(
    connection: Connection, subject_id: str, times: Iterable[datetime], time_zone: str
) -> None:
    """Make the buckets right after the facts at these times were written, moved or replaced."""
    times = list(times)
    _fill(connection, subject_id, "hour", "UTC", {hour_of(at) for at in times})
    zones = _zones(connection, subject_id)
    for name in zones:
        zone = ZoneInfo(name)
        _fill(connection, subject_id, "day", name, {day_of(at, zone) for at in times})
    if time_zone not in zones:
        cut_days(connection, subject_id, time_zone)


def cut_days(connection: Connection, subject_id: str, time_zone: str) -> None:
    """Cut all facts of a subject into the days of a zone that is new to it."""
    zone = ZoneInfo(time_zone)
    times = connection.scalars(
        select(commit_fact.c.at).where(commit_fact.c.subject == subject_id)
    ).all()
    _fill(connection, subject_id, "day", time_zone, {day_of(at, zone) for at in times})


def uncut(connection: Connection, subject_ids: Sequence[str], time_zone: str) -> Sequence[str]:
    """Those of the subjects that have facts but no day in this zone."""
    has_fact = exists().where(commit_fact.c.subject == subject.c.id)
    has_day = exists().where(
        bucket.c.subject == subject.c.id,
        bucket.c.grain == "day",
        bucket.c.time_zone == time_zone,
    )
    query = select(subject.c.id).where(has_fact, not_(has_day))
    return [
        found
        for ids in chunks(subject_ids)
        for found in connection.scalars(query.where(subject.c.id.in_(ids)))
    ]


def _zones(connection: Connection, subject_id: str) -> Sequence[str]:
    days = and_(bucket.c.subject == subject_id, bucket.c.grain == "day")
    return connection.scalars(select(bucket.c.time_zone).where(days).distinct()).all()


_KEY = and_(
    bucket.c.subject == bindparam("of_subject"),
    bucket.c.grain == bindparam("of_grain", type_=Text),
    bucket.c.time_zone == bindparam("of_zone", type_=Text),
    bucket.c.start == bindparam("from_at", type_=Time),
)
_UNKNOWN = or_(
    commit_fact.c.inserted.is_(None),
    commit_fact.c.updated.is_(None),
    commit_fact.c.deleted.is_(None),
)
# SUM leaves out what is unknown, and is NULL when nothing is known.
_SUMS = (
    select(
        commit_fact.c.subject,
        bindparam("of_grain", type_=Text),
        bindparam("of_zone", type_=Text),
        bindparam("from_at", type_=Time),
        func.sum(commit_fact.c.inserted),
        func.sum(commit_fact.c.updated),
        func.sum(commit_fact.c.deleted),
        func.sum(commit_fact.c.net),
        func.count(),
        func.sum(case((_UNKNOWN, 1), else_=0)),
        func.sum(case((or_(_UNKNOWN, commit_fact.c.exact), 0), else_=1)),
    )
    .where(
        commit_fact.c.subject == bindparam("of_subject"),
        commit_fact.c.at >= bindparam("from_at", type_=Time),
        commit_fact.c.at < bindparam("to_at", type_=Time),
    )
    .group_by(commit_fact.c.subject)
)
_CLEAR = delete(bucket).where(_KEY)
_SUM = insert(bucket).from_select([column.name for column in bucket.c], _SUMS)


def _fill(
    connection: Connection, subject_id: str, grain: str, time_zone: str, spans: set[Span]
) -> None:
    key = {"of_subject": subject_id, "of_grain": grain, "of_zone": time_zone}
    rows = [{**key, "from_at": start, "to_at": end} for start, end in sorted(spans)]
    connection.execute(_CLEAR, rows)
    connection.execute(_SUM, rows)
