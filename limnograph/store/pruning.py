"""Let go of what is older than a policy says: roll it up, make sure of its sums, then remove it.

The work is cut into tasks, each about some owners (series or subjects), and a task into
transactions of a bounded number of rows, each of which leaves a right store behind: it may be
killed after any, and repeated. Every transaction holds its subjects and looks at what is there
only then, so two may prune at once, and readings may be written meanwhile.

What people see (latest values, counters, cursors) is in tables that nothing here removes from.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, func, select, true

from limnograph.store import removing
from limnograph.store.buckets import hour_of
from limnograph.store.engine import Database
from limnograph.store.holding import hold
from limnograph.store.retention import Keep, Policy
from limnograph.store.rollup import LENGTH, start_of
from limnograph.store.rows import SERVICE, Grain
from limnograph.store.schema import (
    bucket,
    commit_fact,
    definition,
    event,
    incident,
    outbox,
    point,
    rollup,
    series,
    subject,
    verdict_log,
)

T = TypeVar("T")

BATCH = 2_000
"""Rows that one transaction reads or removes, about: some hundredths of a second's work."""

GROUP = 200
"""Owners that are looked at together, at most."""

Removed = dict[str, int]
"""Rows removed, by table; those of `rollup` apart as hours and days."""


@dataclass(frozen=True, slots=True)
class Task:
    """Rows of some owners before a time, all but the last `spare` of each owner.

    `owners` are ids of series or subjects, each with its subject's id. `remove(connection, owners,
    until)` removes those before `until`, a whole span of `grain`, and returns how many.
    """

    what: str
    owner: ColumnElement[Any]
    at: ColumnElement[datetime]
    owners: Mapping[Any, str]
    before: datetime
    remove: Callable[[Connection, Sequence[Any], datetime], int]
    where: ColumnElement[bool] = field(default_factory=true)
    grain: Grain = "hour"
    spare: int = 0

    @property
    def old(self) -> ColumnElement[bool]:
        return self.owner.in_(list(self.owners)) & (self.at < self.before) & self.where

    def counts(self, connection: Connection) -> list[tuple[Any, int]]:
        """Owners that have something to remove, and how many rows before the time they have."""
        query = select(self.owner, func.count()).where(self.old).group_by(self.owner)
        query = query.having(func.count() > self.spare).order_by(self.owner)
        return [(owner, number) for owner, number in connection.execute(query)]


def prune(
    database: Database, policy: Policy, now: datetime, stopped: Callable[[], bool]
) -> Removed:
    """Remove what the policy says; stops between two transactions when it is told to."""
    removed: Counter[str] = Counter()
    for task in _work(database, policy, now):
        until = None
        while until != task.before:
            if stopped():
                return dict(removed)
            started = time.monotonic()
            with database.writing() as connection:
                hold(connection, set(task.owners.values()))
                until = _until(connection, task)
                if some := [owner for owner, _ in replace(task, before=until).counts(connection)]:
                    removed[task.what] += task.remove(connection, some, until)
            # Who waits for SQLite looks again now and then, and must find it free sometimes.
            time.sleep(time.monotonic() - started)
    return dict(removed)


def foresee(database: Database, policy: Policy, now: datetime) -> Removed:
    """What `prune` would remove of the rows that are there."""
    removed: Counter[str] = Counter()
    for task in _tasks(database, policy, now):
        with database.reading() as connection:
            found = task.counts(connection)
        removed[task.what] += sum(number - task.spare for _, number in found)
    return {what: number for what, number in removed.items() if number}


def _work(database: Database, policy: Policy, now: datetime) -> Iterator[Task]:
    """The tasks, cut to owners whose rows fit into a transaction; one with more stays alone."""
    for task in _tasks(database, policy, now):
        with database.reading() as connection:
            found = task.counts(connection)
        pack: dict[Any, str] = {}
        room = BATCH
        for owner, number in found:
            if pack and number > room:
                yield replace(task, owners=pack)
                pack, room = {}, BATCH
            pack[owner] = task.owners[owner]
            room -= number
        if pack:
            yield replace(task, owners=pack)


def _until(connection: Connection, task: Task) -> datetime:
    """Up to when the rows of a task fit into a transaction; its whole time where they all do."""
    if len(task.owners) > 1:
        return task.before
    query = select(task.at).where(task.old).order_by(task.at).offset(BATCH - 1).limit(1)
    if (last := connection.scalar(query)) is None:
        return task.before
    return min(start_of(last, task.grain) + LENGTH[task.grain], task.before)


def _tasks(database: Database, policy: Policy, now: datetime) -> Iterator[Task]:
    with database.reading() as connection:
        query = select(series.c.id, series.c.subject, series.c.metric)
        listed = connection.execute(query.order_by(series.c.subject, series.c.id)).all()
        subjects = connection.scalars(select(subject.c.id).order_by(subject.c.id)).all()
    by_keep: dict[Keep, list[tuple[int, str]]] = {}
    for of, owner, metric in listed:
        by_keep.setdefault(policy.of(metric), []).append((of, owner))
    for keep, owners in by_keep.items():
        for group in _groups(owners):
            yield from _of_series(keep, now, dict(group))
    # Summaries of incidents are about no subject.
    for some in _groups([*subjects, SERVICE]):
        yield from _of_subjects(policy, now, dict(zip(some, some, strict=True)))


def _groups(owners: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(owners), GROUP):
        yield owners[start : start + GROUP]


def _of_series(keep: Keep, now: datetime, ids: Mapping[int, str]) -> Iterator[Task]:
    def to_hours(connection: Connection, some: Sequence[int], until: datetime) -> int:
        return removing.roll_points(connection, some, until, keep.rollup)

    def to_days(connection: Connection, some: Sequence[int], until: datetime) -> int:
        return removing.roll_hours(connection, some, until, keep.rollup)

    of, start, grain = rollup.c.series, rollup.c.start, rollup.c.grain
    # The last point stays: it is the value in force, with which the next one is compared.
    at = keep.points_since(now)
    yield Task("point", point.c.series, point.c.at, ids, at, to_hours, spare=1)
    at = keep.hours_since(now)
    yield Task("hour", of, start, ids, at, to_days, grain == "hour", "day")
    at, drop = keep.days_since(now), removing.drop_days
    yield Task("day", of, start, ids, at, drop, grain == "day", "day", spare=1)


def _of_subjects(policy: Policy, now: datetime, ids: Mapping[str, str]) -> Iterator[Task]:
    at, drop = policy.facts_since(now), removing.drop_facts
    yield Task("commit_fact", commit_fact.c.subject, commit_fact.c.at, ids, at, drop)
    for grain, at, drop in (
        ("hour", policy.hour_sums_since(now), removing.drop_hour_sums),
        ("day", policy.day_sums_since(now), removing.drop_day_sums),
    ):
        of_grain = bucket.c.grain == grain
        yield Task("bucket", bucket.c.subject, bucket.c.start, ids, at, drop, of_grain)
    # The last definition stays: it is what the table was then.
    at, drop = hour_of(now - policy.definitions)[0], removing.drop_definitions
    yield Task("definition", definition.c.subject, definition.c.at, ids, at, drop, spare=1)
    at, drop = hour_of(now - policy.events)[0], removing.drop_events
    yield Task("event", event.c.subject, event.c.recorded_at, ids, at, drop)
    yield from _of_verdicts(policy, now, ids)


def _of_verdicts(policy: Policy, now: datetime, ids: Mapping[str, str]) -> Iterator[Task]:
    at, past = hour_of(now - policy.verdicts)[0], removing.PAST_VERDICT
    of, drop = verdict_log.c.subject, removing.drop_verdicts
    # The newest change of a slice stays: it is the verdict in force.
    yield Task("verdict_log", of, verdict_log.c.at, ids, at, drop, past)
    at, ended = hour_of(now - policy.incidents)[0], removing.TOLD_LONG_AGO
    of, drop = outbox.c.subject, removing.drop_messages
    yield Task("outbox", of, outbox.c.last_at, ids, at, drop, ended)
    of, drop = incident.c.subject, removing.drop_incidents
    yield Task("incident", of, incident.c.resolved_at, ids, at, drop)
