"""The steps of pruning: each removes some owners' rows before a time, and keeps what they told.

Each runs in a transaction that holds the subjects, and returns how many rows it removed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from limnograph.store import buckets
from limnograph.store.rollup import Rollup, Span, fold
from limnograph.store.rows import Grain
from limnograph.store.schema import (
    Name,
    Time,
    Words,
    bucket,
    commit_fact,
    definition,
    event,
    incident,
    outbox,
    point,
    receipt,
    rollup,
    series,
    subject,
    verdict_log,
)
from limnograph.store.statements import upsert


def roll_points(connection: Connection, ids: Sequence[int], until: datetime, kind: Rollup) -> int:
    """Points into hours; the last of each series stays, as the value in force.

    One that came late, for a time that was rolled up before, changes no hour any more.
    """
    query = select(point.c.series, point.c.at, point.c.value, point.c.value)
    query = query.where(point.c.series.in_(ids), point.c.at < until)
    found = _spans(connection, query.order_by(point.c.series, point.c.at))
    ends = select(series.c.id, series.c.rolled_until).where(series.c.id.in_(ids))
    before = {row.id: row.rolled_until for row in connection.execute(ends)}
    for of, points in found.items():
        old = [one for one in points if (end := before[of]) and one.start < end]
        carry = old[-1].value if old else None
        _write(connection, of, "hour", fold(points[len(old) :], carry, "hour", kind))
    connection.execute(
        _ROLLED,
        [{"of": of, "until": max(before[of] or until, until)} for of in found],
    )
    last = [{"of": of, "last": points[-1].start} for of, points in found.items()]
    return _remove(connection, _DROP_POINTS, last)


def roll_hours(connection: Connection, ids: Sequence[int], until: datetime, kind: Rollup) -> int:
    """Hours into days."""
    hours = _rolled("hour", ids, until)
    query = select(rollup.c.series, rollup.c.start, rollup.c.value, rollup.c.last, rollup.c.points)
    found = _spans(connection, query.where(hours).order_by(rollup.c.series, rollup.c.start))
    carried = _last_days(connection, ids)
    for of, spans in found.items():
        _write(connection, of, "day", fold(spans, carried.get(of), "day", kind))
    return connection.execute(delete(rollup).where(hours)).rowcount


def drop_days(connection: Connection, ids: Sequence[int], until: datetime) -> int:
    """Days of gauges; the last of each series stays, as the value in force after it."""
    days = _rolled("day", ids, until)
    newest = select(rollup.c.series, func.max(rollup.c.start)).where(days)
    rows = connection.execute(newest.group_by(rollup.c.series))
    return _remove(connection, _DROP_DAYS, [{"of": of, "last": start} for of, start in rows])


def drop_facts(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Facts, once the sums of their hours and days stand; these are frozen from here on."""
    old = and_(commit_fact.c.subject.in_(ids), commit_fact.c.at < until)
    times: dict[str, list[datetime]] = {}
    for of, at in connection.execute(select(commit_fact.c.subject, commit_fact.c.at).where(old)):
        times.setdefault(of, []).append(at)
    for of, found in times.items():
        buckets.complete(connection, of, found)
    later = or_(subject.c.facts_since.is_(None), subject.c.facts_since < until)
    connection.execute(
        update(subject).where(subject.c.id.in_(ids), later).values(facts_since=until)
    )
    return connection.execute(delete(commit_fact).where(old)).rowcount


def drop_hour_sums(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Sums over the commits of an hour."""
    return _drop_sums(connection, "hour", ids, until)


def drop_day_sums(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Sums over the commits of a day, in whatever zone."""
    return _drop_sums(connection, "day", ids, until)


def drop_definitions(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Definitions; the newest of them stays, as what the table was from then on."""
    key = (definition.c.subject, definition.c.incarnation, definition.c.version)
    old = and_(definition.c.subject.in_(ids), definition.c.at < until)
    rows = connection.execute(select(*key).where(old).order_by(*key)).all()
    newest = {row.subject: row for row in rows}
    gone = [row for row in rows if row is not newest[row.subject]]
    return _remove(
        connection,
        _DROP_DEFINITION,
        [{"of": row.subject, "nth": row.incarnation, "at_version": row.version} for row in gone],
    )


def drop_events(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Events, by when they were recorded: one that is old news was still told just now."""
    old = and_(event.c.subject.in_(ids), event.c.recorded_at < until)
    return connection.execute(delete(event).where(old)).rowcount


_LATER = verdict_log.alias("later")
PAST_VERDICT = exists().where(
    _LATER.c.subject == verdict_log.c.subject,
    _LATER.c.check == verdict_log.c.check,
    _LATER.c.slice == verdict_log.c.slice,
    _LATER.c.at > verdict_log.c.at,
)
"""A verdict after which there was another one."""

TOLD_LONG_AGO = and_(
    outbox.c.state != "waiting",
    not_(exists().where(incident.c.id == outbox.c.incident, incident.c.resolved_at.is_(None))),
)
"""A message of which nothing follows any more."""


def drop_verdicts(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Changes of verdicts that were followed by another one."""
    old = and_(verdict_log.c.subject.in_(ids), verdict_log.c.at < until, PAST_VERDICT)
    key = (verdict_log.c.subject, verdict_log.c.check, verdict_log.c.slice, verdict_log.c.at)
    rows = [
        {"of": row.subject, "by": row.check, "part": row.slice, "then": row.at}
        for row in connection.execute(select(*key).where(old))
    ]
    return _remove(connection, _DROP_VERDICT, rows)


def drop_messages(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Messages that were told or given up, of incidents that are over."""
    old = and_(outbox.c.subject.in_(ids), outbox.c.last_at < until, TOLD_LONG_AGO)
    return connection.execute(delete(outbox).where(old)).rowcount


def drop_incidents(connection: Connection, ids: Sequence[str], until: datetime) -> int:
    """Incidents that are resolved, and what channels gave for them."""
    old = and_(incident.c.subject.in_(ids), incident.c.resolved_at < until)
    gone = select(incident.c.id).where(old)
    connection.execute(delete(receipt).where(receipt.c.incident.in_(gone)))
    return connection.execute(delete(incident).where(old)).rowcount


def _drop_sums(connection: Connection, grain: Grain, ids: Sequence[str], until: datetime) -> int:
    of_grain = and_(bucket.c.subject.in_(ids), bucket.c.grain == grain)
    return connection.execute(delete(bucket).where(of_grain, bucket.c.start < until)).rowcount


def _rolled(grain: Grain, ids: Sequence[int], until: datetime) -> ColumnElement[bool]:
    return and_(rollup.c.series.in_(ids), rollup.c.grain == grain, rollup.c.start < until)


def _spans(connection: Connection, query: Select[Any]) -> Mapping[int, list[Span]]:
    """By series, rows of (series, start, value, last) and, of rolled-up ones, points."""
    found: dict[int, list[Span]] = {}
    for of, *span in connection.execute(query):
        found.setdefault(of, []).append(Span(*span))
    return found


def _last_days(connection: Connection, ids: Sequence[int]) -> Mapping[int, float]:
    """By series, the value at the end of its newest day."""
    days = rollup.alias("days")
    newest = (
        select(days.c.series, func.max(days.c.start).label("start"))
        .where(days.c.grain == "day", days.c.series.in_(ids))
        .group_by(days.c.series)
        .subquery()
    )
    same = and_(rollup.c.series == newest.c.series, rollup.c.start == newest.c.start)
    query = select(rollup.c.series, rollup.c.last).join(newest, same)
    rows = connection.execute(query.where(rollup.c.grain == "day"))
    return {row.series: row.last for row in rows}


def _write(connection: Connection, of: int, grain: Grain, spans: Iterable[Span]) -> None:
    rows = [{"series": of, "grain": grain, **span._asdict()} for span in spans]
    upsert(connection, rollup, rows)


def _remove(connection: Connection, statement: Delete, rows: Sequence[Mapping[str, object]]) -> int:
    if not rows:
        return 0
    options = {"preserve_rowcount": True}
    return connection.execute(statement, list(rows), execution_options=options).rowcount


_ROLLED = (
    update(series).where(series.c.id == bindparam("of")).values(rolled_until=bindparam("until"))
)
_DROP_POINTS = delete(point).where(
    point.c.series == bindparam("of"), point.c.at < bindparam("last", type_=Time)
)
_DROP_DAYS = delete(rollup).where(
    rollup.c.series == bindparam("of"),
    rollup.c.grain == "day",
    rollup.c.start < bindparam("last", type_=Time),
)
_DROP_VERDICT = delete(verdict_log).where(
    verdict_log.c.subject == bindparam("of"),
    verdict_log.c.check == bindparam("by", type_=Name),
    verdict_log.c.slice == bindparam("part", type_=Words),
    verdict_log.c.at == bindparam("then", type_=Time),
)
_DROP_DEFINITION = delete(definition).where(
    definition.c.subject == bindparam("of"),
    definition.c.incarnation == bindparam("nth"),
    definition.c.version == bindparam("at_version"),
)
