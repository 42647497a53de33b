"""Small readings of one table, and the shortest way to write them."""

from datetime import UTC, datetime
from typing import Any

from limnograph.store import Record, Seen, Store
from monitors.core import (
    CommitFact,
    Cursor,
    Event,
    EventKind,
    Measurement,
    Metric,
    Reading,
    Subject,
    Totals,
)

POSTS = Subject("table", "main.bronze.posts")
LABELS = Subject("table", "main.bronze.labels")
ROWS = Metric("lakehouse_table_rows", "Live rows.")
SIZE = Metric("lakehouse_table_size_bytes", "Size.", labels=("tier",))
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """A time in UTC, such as `2026-03-10 09:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def commit(version: int, when: str, inserted: int | None = 0, **more: Any) -> CommitFact:
    """A commit that only inserted; the other numbers are in `more`."""
    return CommitFact(
        **{
            "version": version,
            "at": at(when),
            "operation": "WRITE",
            "inserted": inserted,
            "updated": 0,
            "deleted": 0,
            "net": inserted,
            "bytes_added": 100,
            "bytes_removed": 0,
            "files_added": 1,
            "files_removed": 0,
            "source": "log",
            "exact": True,
            "changes_data": True,
            **more,
        }
    )


def inserts(total: float) -> Totals:
    """The total of one counter."""
    return {("lakehouse_table_row_changes_total", ("main", "bronze", "posts", "insert")): total}


def rows(value: float, when: str) -> Measurement:
    """The number of live rows at a time."""
    return ROWS(value, at=at(when))


def gap(key: str, when: str, message: str = "the log was cleaned") -> Event:
    """An event of a hole in the log."""
    return Event(EventKind.LOG_CLEANED, key, at(when), message, {"first": 3})


def read(position: str | None = None, total: float = 0, **more: Any) -> Reading:
    """A reading that reached a position, with the total of one counter beside it."""
    cursor = None if position is None else Cursor(position, inserts(total))
    return Reading(**{"cursor": cursor, **more})


def look(store: Store, subject: Subject = POSTS, monitor: str = "ingestion") -> Seen:
    """What the store knows before a reading."""
    return store.seen([subject.id], [monitor])[subject.id, monitor]


def record(
    store: Store,
    reading: Reading,
    *,
    subject: Subject = POSTS,
    monitor: str = "ingestion",
    run: str = "run-1",
    time_zone: str = "UTC",
    now: datetime = NOW,
    seen: Seen | None = None,
) -> Record:
    """A record of a reading that started from `seen`, or from what the store knows now."""
    known = seen or look(store, subject, monitor)
    return Record(subject, monitor, run, reading, known, time_zone, now)


def write(store: Store, reading: Reading, **more: Any) -> bool:
    """Write a reading; `more` is as in `record`."""
    return store.write(record(store, reading, **more))
