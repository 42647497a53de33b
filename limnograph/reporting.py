"""From the store to a report: reads what is kept of each table, asks neither lake nor network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Protocol, TypeVar

from exporters.history import Bucket, MonitorOutcome, Span, TableHistory
from exporters.report import Report, build
from exporters.rules import Window
from limnograph.due import overdue_time
from limnograph.holes import holes
from limnograph.judged import newest
from limnograph.settings.resolved import Settings, TableSettings
from limnograph.store import Bucket as StoredBucket
from limnograph.store import EventRow, LatestRow, OutcomeRow, Store
from monitors.core import Event, EventKind, Metric
from monitors.freshness import DUE, DUE_CONFIDENCE, LAST_COMMIT, LAST_EVENT
from monitors.ingestion import FILES, MONITOR, ROWS, SIZE

WEEK = timedelta(weeks=1)
BASELINE = 6 * WEEK + timedelta(days=1)
AROUND = timedelta(hours=3)
LONGEST_DAY = 25  # hours
TABLES_AT_ONCE = 100


def make_report(
    store: Store, tables: Sequence[TableSettings], now: datetime, window: Window | None = None
) -> Report:
    """The report on some tables at a moment; `watched` says which tables there are."""
    window = window or Window()
    return build(histories(store, tables, now, window), now, window, newest(store, tables, now))


def watched(settings: Settings, store: Store) -> list[TableSettings]:
    """The tables of the settings by name; those of globs are the ones that a cycle has found."""
    subjects = store.subjects("table") if settings.globs else ()
    return with_found(
        settings, {row.name: row.attributes.get("uri", "") for row in subjects if not row.left_at}
    )


def with_found(settings: Settings, found: Mapping[str, str]) -> list[TableSettings]:
    """The tables of the settings by name; of those found earlier, by name and URI, the ones that
    its globs still mean."""
    tables = {table.name: table for table in settings.tables}
    # Of globs within one another the one that says more about the place is meant.
    globs = sorted(settings.globs, key=lambda glob: len(glob.prefix), reverse=True)
    for name, uri in found.items():
        like = next((glob.like for glob in globs if uri.startswith(glob.prefix)), None)
        if like is not None and name not in tables:
            tables[name] = replace(like, name=name, uri=uri)
    return sorted((t for t in tables.values() if t.monitors), key=attrgetter("name"))


def histories(
    store: Store, tables: Sequence[TableSettings], now: datetime, window: Window
) -> Iterator[TableHistory]:
    """What the store knows of each table, in their order; a few statements per 100 tables."""
    since = now - BASELINE - timedelta(days=max(window.drop_days, window.event_days))
    windows = hour_windows(now, window)
    for first in range(0, len(tables), TABLES_AT_ONCE):
        some = tables[first : first + TABLES_AT_ONCE]
        rows = _Rows.of(store, some, since, windows)
        for table in some:
            yield replace(_history(store, table, rows, since), hour_windows=windows)


def hour_windows(now: datetime, window: Window) -> tuple[Span, ...]:
    """The hours that a report compares: the last ones, and the same ones of earlier weeks.

    Today is among them whatever the zone, with some hours around for changes of the clock.
    """
    end = now.replace(minute=0, second=0, microsecond=0) + AROUND
    length = timedelta(hours=max(window.duplicate_hours, LONGEST_DAY)) + 2 * AROUND
    weeks = BASELINE // WEEK
    if length >= WEEK:
        return ((end - length - weeks * WEEK, end),)
    ends = (end - back * WEEK for back in range(weeks, -1, -1))
    return tuple((each - length, each) for each in ends)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is stored of some tables, by subject id."""

    outcomes: dict[str, list[OutcomeRow]]
    latest: dict[str, list[LatestRow]]
    hours: dict[str, list[StoredBucket]]
    days: dict[str, list[StoredBucket]]
    events: dict[str, list[EventRow]]

    @classmethod
    def of(
        cls,
        store: Store,
        tables: Sequence[TableSettings],
        since: datetime,
        windows: Sequence[Span],
    ) -> "_Rows":
        ids = [table.subject.id for table in tables]
        hours = [
            bucket
            for first, last in windows
            for bucket in store.buckets(ids, "hour", since=first, until=last)
        ]
        days = []
        for zone in sorted({table.time_zone for table in tables}):
            there = [table.subject.id for table in tables if table.time_zone == zone]
            days += store.buckets(there, "day", zone, since=since)
        return cls(
            _by_subject(store.outcomes(ids)),
            _by_subject(store.latest(ids)),
            _by_subject(hours),
            _by_subject(days),
            _by_subject(store.events(ids, since)),
        )


class _OfSubject(Protocol):
    @property
    def subject(self) -> str: ...


Row = TypeVar("Row", bound=_OfSubject)


def _by_subject(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.subject, []).append(row)
    return found


def _history(store: Store, table: TableSettings, rows: _Rows, since: datetime) -> TableHistory:
    """One table; what monitors left behind that have been switched off since is not told."""
    of = table.subject.id
    outcomes = [row for row in rows.outcomes.get(of, ()) if row.monitor in table.monitors]
    values = {
        row.metric: row.value for row in rows.latest.get(of, ()) if row.monitor in table.monitors
    }
    events = tuple(_event(row) for row in rows.events.get(of, ()))
    reads = {row.monitor: row.last_success_at for row in outcomes if row.last_success_at}
    read_at = max(reads.values(), default=None)
    return TableHistory(
        name=table.name,
        uri=table.uri,
        owner=table.owner,
        tags=table.tags,
        time_zone=table.time_zone,
        outcomes=tuple(_outcome(row) for row in outcomes),
        rows=_number(values, ROWS),
        files=_number(values, FILES),
        size_bytes=_number(values, SIZE),
        last_commit=_time(values, LAST_COMMIT),
        last_event=_time(values, LAST_EVENT),
        due=_time(values, DUE),
        due_confidence=values.get(DUE_CONFIDENCE.name),
        counted_at=reads.get(MONITOR.name),
        overdue_at=read_at and overdue_time(table.schedule, table.time_zone, read_at),
        hours=tuple(_bucket(row) for row in rows.hours.get(of, ())),
        days=tuple(_bucket(row) for row in rows.days.get(of, ())),
        events=events,
        holes=tuple(holes(store, of, events, since)),
    )


def _number(values: dict[str, float], metric: Metric) -> int | None:
    value = values.get(metric.name)
    return None if value is None else int(value)


def _time(values: dict[str, float], metric: Metric) -> datetime | None:
    value = values.get(metric.name)
    return None if value is None else datetime.fromtimestamp(value, UTC)


def _outcome(row: OutcomeRow) -> MonitorOutcome:
    return MonitorOutcome(
        row.monitor, row.outcome, row.at, row.last_success_at, row.reason, row.mend, row.problems
    )


def _event(row: EventRow) -> Event:
    return Event(EventKind(row.kind), row.key, row.at, row.message, row.detail)


def _bucket(row: StoredBucket) -> Bucket:
    return Bucket(
        row.start,
        row.inserted,
        row.updated,
        row.deleted,
        row.net,
        row.commits,
        row.uncounted,
        row.inexact,
    )
