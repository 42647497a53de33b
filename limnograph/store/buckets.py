"""Sums over the commit facts of an hour or a day, recomputed whenever a fact in it is written.

Hours are cut in UTC and days in a table's time zone, where a day has 23, 24 or 25 hours. A subject
has either all buckets of a zone or none: those of every zone it ever had are kept up, and a zone
that is new to it is cut from all its facts. A bucket that has lost facts to pruning is frozen: it
is never summed from what is left of them.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    literal,
    not_,
    or_,
    select,
)

from limnograph.store.engine import Database
from limnograph.store.holding import hold
from limnograph.store.schema import Time, bucket, commit_fact, subject
from limnograph.store.statements import chunks

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

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
    zones = _zones(connection, subject_id)
    for (grain, zone), spans in _spans(times, zones).items():
        _fill(connection, subject_id, grain, zone, spans)
    if time_zone not in zones:
        cut_days(connection, subject_id, time_zone)


def complete(connection: Connection, subject_id: str, times: Iterable[datetime]) -> None:
    """Fill in the buckets that are missing for the facts at these times, and no other."""
    for (grain, zone), spans in _spans(times, _zones(connection, subject_id)).items():
        starts = [start for start, _ in spans]
        query = select(bucket.c.start).where(
            bucket.c.subject == subject_id,
            bucket.c.grain == grain,
            bucket.c.time_zone == zone,
            bucket.c.start.between(min(starts), max(starts)),
        )
        there = set(connection.scalars(query))
        _fill(connection, subject_id, grain, zone, {s for s in spans if s[0] not in there})


def _spans(times: Iterable[datetime], zones: Sequence[str]) -> Mapping[tuple[str, str], set[Span]]:
    """The hours that hold some times, and the days of some zones, by grain and zone."""
    times = list(times)
    found = {("hour", "UTC"): {hour_of(at) for at in times}}
    for name in zones:
        zone = ZoneInfo(name)
        found["day", name] = {day_of(at, zone) for at in times}
    return found


def cut_days(connection: Connection, subject_id: str, time_zone: str) -> None:
    """Cut all facts of a subject into the days of a zone that is new to it."""
    zone = ZoneInfo(time_zone)
    times = connection.scalars(
        select(commit_fact.c.at).where(commit_fact.c.subject == subject_id)
    ).all()
    _fill(connection, subject_id, "day", time_zone, {day_of(at, zone) for at in times})


def cut_missing_days(database: Database, subject_ids: Sequence[str], time_zone: str) -> None:
    """Cut the days of a zone for the subjects that were never asked for in it."""
    with database.reading() as connection:
        waiting = uncut(connection, subject_ids, time_zone)
    for subject_id in waiting:
        with database.writing() as connection:
            hold(connection, [subject_id])
            if uncut(connection, [subject_id], time_zone):
                cut_days(connection, subject_id, time_zone)


def uncut(connection: Connection, subject_ids: Sequence[str], time_zone: str) -> Sequence[str]:
    """Those of the subjects that have facts but no day in this zone."""
    has_fact = exists().where(
        commit_fact.c.subject == subject.c.id,
        commit_fact.c.at >= func.coalesce(subject.c.facts_since, literal(LONG_AGO, Time)),
    )
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
    since = connection.scalar(select(subject.c.facts_since).where(subject.c.id == subject_id))
    key = {"of_subject": subject_id, "of_grain": grain, "of_zone": time_zone}
    rows = [
        {**key, "from_at": start, "to_at": end}
        for start, end in sorted(spans)
        if since is None or start >= since
    ]
    if rows:
        connection.execute(_CLEAR, rows)
        connection.execute(_SUM, rows)
