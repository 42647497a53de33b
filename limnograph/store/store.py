"""The store: one object over one database, for any number of threads and processes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from limnograph.store import buckets, cursors, holding, reading, roster, writing
from limnograph.store.engine import Database
from limnograph.store.location import locate
from limnograph.store.migrating import migrate
from limnograph.store.rows import (
    Bucket,
    CounterRow,
    EventRow,
    Grain,
    LatestRow,
    OutcomeRow,
    PointRow,
    Record,
    Seen,
    SubjectRow,
)
from monitors.core import CommitFact, State, Totals


def open_store(url: str) -> "Store":
    """Open a store, creating or upgrading its tables.

    `url` is `sqlite:///PATH` or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`. Raises
    StoreError when it cannot be opened, or was written by a newer limnograph.
    """
    database = Database(locate(url))
    try:
        migrate(database)
        database.use_write_ahead_log()
    except BaseException:
        database.close()
        raise
    return Store(database)


class Store:
    """All that limnograph remembers. Every method is one transaction, and raises StoreError.

    A StoreError with `transient` may not come again when the call is repeated; nothing was written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __repr__(self) -> str:
        return f"Store({self._database.location})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the store opens new ones when it is used again."""
        self._database.close()

    # The roster

    def sync_roster(self, kind: str, names: Mapping[str, Mapping[str, str]], now: datetime) -> None:
        """Make these names, with their attributes, the whole roster of a kind.

        A subject that is not named has left at `now`; it keeps all it has, and may come back.
        """
        with self._database.writing() as connection:
            roster.sync(connection, kind, names, now)

    def subjects(self, kind: str) -> list[SubjectRow]:
        """The subjects of a kind by name, those that left included."""
        with self._database.reading() as connection:
            return reading.subjects(connection, kind)

    # One reading

    def seen(
        self, subject_ids: Sequence[str], monitors: Sequence[str] = ()
    ) -> dict[tuple[str, str], Seen]:
        """What is known before a reading, by (subject id, monitor).

        Holds every pair that has a cursor, and every pair of the ids with the named monitors.
        """
        with self._database.reading() as connection:
            return reading.seen(connection, subject_ids, monitors)

    def states(
        self, subject_id: str, monitor: str, keys: Sequence[str] | None = None
    ) -> dict[str, State]:
        """The blobs of a monitor on a subject, by key; only those of `keys` where named."""
        with self._database.reading() as connection:
            return reading.states(connection, subject_id, monitor, keys)

    def write(self, record: Record) -> bool:
        """Write a reading. False: the cursor moved since it was seen, and nothing was written.

        Raises ValueError for facts or states without a cursor.
        """
        try:
            with self._database.writing() as connection:
                writing.write_record(connection, record)
        except cursors.Outrun:
            return False
        return True

    def write_log(
        self,
        subject_id: str,
        seen_position: str | None,
        position: str,
        put: Sequence[State],
        drop: Sequence[str] = (),
    ) -> bool:
        """Keep the live files of a table as of a log position, under the pseudo-monitor LOG.

        False: they are no longer at `seen_position` (None: never kept), and nothing was written.
        """
        try:
            with self._database.writing() as connection:
                writing.write_log(connection, subject_id, seen_position, position, put, drop)
        except cursors.Outrun:
            return False
        return True

    def touch(self, rows: Sequence[OutcomeRow]) -> None:
        """Write the outcomes of many readings that found nothing new.

        A subject counts as changed when more than the times of its outcome did.
        """
        if rows:
            with self._database.writing() as connection:
                writing.touch(connection, rows)

    def add_totals(self, scope: str, monitor: str, increments: Totals) -> None:
        """Add to counters that no position belongs to, such as limnograph's own (SERVICE)."""
        if increments:
            with self._database.writing() as connection:
                cursors.add(connection, scope, monitor, increments)
                holding.stamp(connection)

    # What people see; `subject_ids` None means all of them

    def outcomes(self, subject_ids: Sequence[str] | None = None) -> list[OutcomeRow]:
        """How the last readings ended, by subject and monitor."""
        with self._database.reading() as connection:
            return reading.outcomes(connection, subject_ids)

    def latest(self, subject_ids: Sequence[str] | None = None) -> list[LatestRow]:
        """The gauges of the last readings, by subject, metric and labels."""
        with self._database.reading() as connection:
            return reading.latest(connection, subject_ids)

    def counters(self, scopes: Sequence[str] | None = None) -> list[CounterRow]:
        """The totals of counters, by scope (a subject's id, or SERVICE), monitor and metric."""
        with self._database.reading() as connection:
            return reading.counters(connection, scopes)

    def points(
        self,
        subject_id: str,
        metric: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[PointRow]:
        """The values that a gauge took from `since` to before `until`, by labels and time."""
        with self._database.reading() as connection:
            return reading.points(connection, subject_id, metric, since, until)

    def facts(
        self,
        subject_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        incarnation: int | None = None,
    ) -> list[CommitFact]:
        """The commits of a table from `since` to before `until`, by incarnation and version."""
        with self._database.reading() as connection:
            return reading.facts(connection, subject_id, since, until, incarnation)

    def buckets(
        self,
        subject_ids: str | Sequence[str],
        grain: Grain,
        time_zone: str = "UTC",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Bucket]:
        """The hours or days that hold commits and start from `since` to before `until`.

        Ordered by subject and start. Hours are cut in UTC whatever the zone is. An hour or a day
        without a commit has no bucket.
        """
        ids = [subject_ids] if isinstance(subject_ids, str) else subject_ids
        if grain == "day":
            self._cut_days(ids, time_zone)
        zone = time_zone if grain == "day" else "UTC"
        with self._database.reading() as connection:
            return reading.buckets(connection, ids, grain, zone, since, until)

    def events(
        self, subject_ids: str | Sequence[str] | None = None, since: datetime | None = None
    ) -> list[EventRow]:
        """What happened at or after `since`, by time."""
        ids = [subject_ids] if isinstance(subject_ids, str) else subject_ids
        with self._database.reading() as connection:
            return reading.events(connection, ids, since)

    # News of other processes

    def revision(self) -> int:
        """A number that grows with every change to what people see."""
        with self._database.reading() as connection:
            return holding.current_revision(connection)

    def changed_since(self, revision: int) -> tuple[int, list[str]]:
        """The revision now, and the ids of the subjects that changed after the one given.

        SERVICE is not among them: its counters change with nearly every revision.
        """
        with self._database.reading() as connection:
            # The number first: what changes in between is then told once more, never missed.
            return holding.current_revision(connection), [
                *holding.changed_after(connection, revision)
            ]

    def _cut_days(self, subject_ids: Sequence[str], time_zone: str) -> None:
        """Cut the days of a zone for the subjects that were never asked for in it."""
        with self._database.reading() as connection:
            waiting = buckets.uncut(connection, subject_ids, time_zone)
        for subject_id in waiting:
            with self._database.writing() as connection:
                holding.hold(connection, [subject_id])
                if buckets.uncut(connection, [subject_id], time_zone):
                    buckets.cut_days(connection, subject_id, time_zone)
