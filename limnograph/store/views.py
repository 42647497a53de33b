"""What is read of a store: readings as people see them, their history, and the news of them."""

from collections.abc import Sequence
from datetime import datetime

from limnograph.store import buckets, definitions, history, holding, reading
from limnograph.store.engine import Database
from limnograph.store.rows import (
    Bucket,
    CounterRow,
    EventRow,
    Grain,
    HistoryRow,
    LatestRow,
    OutcomeRow,
    PointRow,
    SubjectRow,
)
from monitors.core import CommitFact, Definition, Metric


class Views:
    """What can be asked of a store; `subject_ids` None means all. All methods raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def subjects(self, kind: str) -> list[SubjectRow]:
        """The subjects of a kind by name, those that left included."""
        with self._database.reading() as connection:
            return reading.subjects(connection, kind)

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

    def history(
        self,
        subject_id: str,
        metric: Metric,
        grain: Grain | None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[HistoryRow]:
        """A gauge by the hour or the day, rolled up by its metric; None as fine as it is kept.

        By labels and start, which is from `since` to before `until`. Where hours are no longer
        kept, days come instead: each row has its grain. Spans in which nothing changed are there
        too (but for sums), up to the last successful read of the subject.
        """
        with self._database.reading() as connection:
            return history.history(connection, subject_id, metric, grain, since, until)

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

    def definitions(
        self,
        subject_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        incarnation: int | None = None,
    ) -> list[Definition]:
        """How a table was defined by commits from `since` to before `until`, ordered as facts."""
        with self._database.reading() as connection:
            return definitions.read_definitions(connection, subject_id, since, until, incarnation)

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
            buckets.cut_missing_days(self._database, ids, time_zone)
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
