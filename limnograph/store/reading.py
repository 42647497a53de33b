"""What comes out of the store; every function gets a connection and answers in few statements."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from limnograph.store.cursors import decoded, newest
from limnograph.store.outcomes import outcome_row
from limnograph.store.rows import (
    LOG,
    Bucket,
    CounterRow,
    EventRow,
    Grain,
    LatestRow,
    OutcomeRow,
    PointRow,
    Seen,
    SubjectRow,
)
from limnograph.store.schema import (
    bucket,
    commit_fact,
    cursor,
    event,
    outcome,
    point,
    series,
    state,
    subject,
)
from limnograph.store.statements import between, chunks
from monitors.core import CommitFact, Cursor, State

Ids = Sequence[str] | None
"""Subject ids, or None for all."""


def subjects(connection: Connection, kind: str) -> list[SubjectRow]:
    """The subjects of a kind by name, those that left included."""
    query = select(subject).where(subject.c.kind == kind).order_by(subject.c.name)
    return [
        SubjectRow(row.id, row.kind, row.name, row.incarnation, row.left_at, row.attributes)
        for row in connection.execute(query)
    ]


def seen(
    connection: Connection, subject_ids: Sequence[str], monitors: Sequence[str]
) -> dict[tuple[str, str], Seen]:
    """What is known before a reading, by (subject id, monitor)."""
    incarnations = dict.fromkeys(subject_ids, 1)
    query = select(subject.c.id, subject.c.incarnation)
    for row in of_subjects(connection, query, subject.c.id, subject_ids):
        incarnations[row.id] = row.incarnation
    found = {
        (of, monitor): Seen(number, None, number)
        for of, number in incarnations.items()
        for monitor in monitors
    }
    rows = of_subjects(connection, select(cursor), cursor.c.scope, subject_ids)
    for (of, monitor), row in newest(rows).items():
        position = Cursor(row.position, decoded(row.totals))
        found[of, monitor] = Seen(incarnations[of], position, row.incarnation)
    return found


def states(
    connection: Connection, subject_id: str, monitor: str, keys: Sequence[str] | None = None
) -> dict[str, State]:
    """The blobs of a monitor on a subject, by key; only those of `keys` where they are named."""
    query = select(state).where(state.c.subject == subject_id, state.c.monitor == monitor)
    if keys is not None:
        query = query.where(state.c.key.in_(keys))
    return {
        row.key: State(row.key, row.format, row.version, row.blob)
        for row in connection.execute(query)
    }


def small_states(
    connection: Connection, subject_ids: Ids, log_key: str
) -> dict[tuple[str, str], dict[str, State]]:
    """The blobs of some subjects by subject and monitor; of the live files only the one named."""
    small = or_(state.c.monitor != LOG, state.c.key == log_key)
    found: dict[tuple[str, str], dict[str, State]] = {}
    for row in of_subjects(connection, select(state).where(small), state.c.subject, subject_ids):
        of_monitor = found.setdefault((row.subject, row.monitor), {})
        of_monitor[row.key] = State(row.key, row.format, row.version, row.blob)
    return found


def outcomes(connection: Connection, subject_ids: Ids) -> list[OutcomeRow]:
    """How the last readings ended, by subject and monitor."""
    query = select(outcome).order_by(outcome.c.subject, outcome.c.monitor)
    return [
        outcome_row(row) for row in of_subjects(connection, query, outcome.c.subject, subject_ids)
    ]


def latest(connection: Connection, subject_ids: Ids) -> list[LatestRow]:
    """The gauges of the last readings, by subject, metric and labels."""
    query = select(series).where(series.c.latest.is_not(None))
    query = query.order_by(series.c.subject, series.c.metric, series.c.labels)
    return [
        LatestRow(
            row.subject, row.monitor, row.metric, tuple(row.labels), row.latest, row.latest_at
        )
        for row in of_subjects(connection, query, series.c.subject, subject_ids)
    ]


def counters(connection: Connection, scopes: Ids) -> list[CounterRow]:
    """The counters' totals, by scope, monitor, metric and labels."""
    rows = newest(of_subjects(connection, select(cursor), cursor.c.scope, scopes))
    return [
        CounterRow(scope, monitor, metric, labels, value)
        for (scope, monitor), row in sorted(rows.items())
        for (metric, labels), value in decoded(row.totals).items()
    ]


def points(
    connection: Connection,
    subject_id: str,
    metric: str,
    since: datetime | None,
    until: datetime | None,
) -> list[PointRow]:
    """The values that a gauge took, by labels and time."""
    query = (
        select(series.c.labels, point.c.at, point.c.value, point.c.run)
        .join(point, point.c.series == series.c.id)
        .where(series.c.subject == subject_id, series.c.metric == metric)
        .where(between(point.c.at, since, until))
        .order_by(series.c.labels, point.c.at)
    )
    return [
        PointRow(subject_id, metric, tuple(row.labels), row.at, row.value, row.run)
        for row in connection.execute(query)
    ]


def facts(
    connection: Connection,
    subject_id: str,
    since: datetime | None,
    until: datetime | None,
    incarnation: int | None,
) -> list[CommitFact]:
    """The commits of a table, by incarnation and version."""
    columns = [column for column in commit_fact.c if column.name not in ("subject", "incarnation")]
    query = (
        select(*columns)
        .where(commit_fact.c.subject == subject_id, between(commit_fact.c.at, since, until))
        .order_by(commit_fact.c.incarnation, commit_fact.c.version)
    )
    if incarnation is not None:
        query = query.where(commit_fact.c.incarnation == incarnation)
    return [CommitFact(**row._mapping) for row in connection.execute(query)]


def buckets(
    connection: Connection,
    subject_ids: Ids,
    grain: Grain,
    time_zone: str,
    since: datetime | None,
    until: datetime | None,
) -> list[Bucket]:
    """The hours or days that have commits, by subject and start."""
    query = (
        select(bucket)
        .where(bucket.c.grain == grain, bucket.c.time_zone == time_zone)
        .where(between(bucket.c.start, since, until))
        .order_by(bucket.c.subject, bucket.c.start)
    )
    return [
        Bucket(**row._mapping)
        for row in of_subjects(connection, query, bucket.c.subject, subject_ids)
    ]


def events(connection: Connection, subject_ids: Ids, since: datetime | None) -> list[EventRow]:
    """What happened at or after a time, by that time."""
    query = select(event).where(between(event.c.at, since, None))
    rows = of_subjects(connection, query, event.c.subject, subject_ids)
    found = [EventRow(**row._mapping) for row in rows]
    return sorted(found, key=lambda one: (one.at, one.subject, one.kind, one.key))


def of_subjects(
    connection: Connection, query: Select[Any], column: ColumnElement[str], ids: Ids
) -> Iterator[Row[Any]]:
    """The rows of some subjects; the query's order holds, because the ids are cut in order."""
    if ids is None:
        yield from connection.execute(query)
        return
    for some in chunks(ids):
        yield from connection.execute(query.where(column.in_(some)))
