"""From stored readings to a report, on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import monitors
from exporters.history import Bucket, MonitorOutcome, TableHistory
from exporters.rules import Window
from limnograph.reporting import histories, hour_windows, make_report, watched
from limnograph.settings import TableSettings, load
from limnograph.store import Store
from monitors import freshness, ingestion
from monitors.core import Event, EventKind, Outcome, Problem, Reading
from tests.limnograph.store.samples import NOW, POSTS, at, commit, read, write

LABELS = POSTS.labels
TABLE = TableSettings(
    POSTS.name,
    "s3://lake/posts",
    owner="ingest",
    tags=("bronze",),
    time_zone="Europe/Berlin",
    monitors={"ingestion": ingestion.Config(), "freshness": freshness.Config()},
)
SHORT = Problem("due", "not_assessed", "history is short", "let it run")


def stored(store: Store, tables: Sequence[TableSettings] = (TABLE,)) -> list[TableHistory]:
    return list(histories(store, tables, NOW, Window()))


def count(store: Store, *commits: Any, position: str = "1", **more: Any) -> None:
    """Store what ingestion read."""
    values = (ingestion.ROWS(4, *LABELS, at=NOW), ingestion.SIZE(900, *LABELS, at=NOW))
    reading = read(position, facts=commits, measurements=values)
    write(store, replace(reading, **more), time_zone=TABLE.time_zone)


def freshen(store: Store) -> None:
    """Store what freshness read."""
    times = (
        (freshness.LAST_COMMIT, at("2026-03-10 09:30")),
        (freshness.LAST_EVENT, at("2026-03-10 09:00")),
        (freshness.DUE, at("2026-03-10 15:00")),
    )
    measurements = [metric(t.timestamp(), *LABELS, at=NOW) for metric, t in times]
    measurements.append(freshness.DUE_CONFIDENCE(0.75, *LABELS, at=NOW))
    write(
        store,
        read("f", measurements=tuple(measurements), problems=(SHORT,)),
        monitor="freshness",
    )


def test_a_table_as_its_monitors_left_it(store: Store) -> None:
    count(store, commit(0, "2026-03-09 23:30", 3), commit(1, "2026-03-10 09:30", 1))
    freshen(store)
    (history,) = stored(store)
    assert replace(history, hour_windows=()) == TableHistory(
        POSTS.name,
        uri="s3://lake/posts",
        owner="ingest",
        tags=("bronze",),
        time_zone="Europe/Berlin",
        outcomes=(
            MonitorOutcome("freshness", Outcome.ASSESSED, NOW, NOW, problems=(SHORT,)),
            MonitorOutcome("ingestion", Outcome.ASSESSED, NOW, NOW),
        ),
        rows=4,
        size_bytes=900,
        last_commit=at("2026-03-10 09:30"),
        last_event=at("2026-03-10 09:00"),
        due=at("2026-03-10 15:00"),
        due_confidence=0.75,
        counted_at=NOW,
        overdue_at=NOW + timedelta(minutes=45),
        hours=(
            Bucket(at("2026-03-09 23:00"), 3, 0, 0, 3, 1),
            Bucket(at("2026-03-10 09:00"), 1, 0, 0, 1, 1),
        ),
        # Both commits are on the same day in Berlin.
        days=(Bucket(at("2026-03-09 23:00"), 4, 0, 0, 4, 2),),
    )


def test_only_the_hours_that_are_compared_are_read(store: Store) -> None:
    windows = hour_windows(NOW, Window())
    assert windows[-1] == (at("2026-03-08 09:00"), at("2026-03-10 15:00"))
    assert windows[0] == (at("2026-01-25 09:00"), at("2026-01-27 15:00"))
    assert len(windows) == 7
    whole = hour_windows(NOW, Window.back(timedelta(days=30)))
    assert whole == ((at("2025-12-28 09:00"), at("2026-03-10 15:00")),)
    times = ("2026-03-10 09:30", "2026-03-05 09:30", "2026-03-03 09:30", "2026-01-26 09:30")
    count(store, *(commit(number, time, 3) for number, time in enumerate(times)))
    (history,) = stored(store)
    starts = [bucket.start for bucket in history.hours]
    assert starts == [at(f"{day} 09:00") for day in ("2026-01-26", "2026-03-03", "2026-03-10")]
    assert len(history.days) == 4


def test_a_table_without_readings(store: Store) -> None:
    (history,) = stored(store)
    assert (history.outcomes, history.read_at, history.rows) == ((), None, None)
    assert make_report(store, [TABLE], NOW).tables[0].readable is None


def test_tables_come_in_the_order_they_were_asked_for(store: Store) -> None:
    names = [f"t{number:03}" for number in range(250)][::-1]
    tables = [replace(TABLE, name=name) for name in names]
    assert [history.name for history in stored(store, tables)] == names


def test_what_a_monitor_left_that_was_switched_off_is_not_told(store: Store) -> None:
    count(store, commit(0, "2026-03-10 09:30", 3))
    freshen(store)
    write(store, Reading.error("gone", "look"), monitor="freshness")
    only = replace(TABLE, monitors={"ingestion": ingestion.Config()})
    (history,) = stored(store, [only])
    assert (history.due, history.unreadable, history.rows) == (None, None, 4)


def test_an_unreadable_table_keeps_when_it_was_last_read(store: Store) -> None:
    count(store, commit(0, "2026-03-10 09:30", 3))
    later = NOW + timedelta(hours=1)
    write(store, Reading.error("commit 1 is not JSON", "restore it"), now=later)
    (found,) = make_report(store, [TABLE], later).troubles
    assert (found.kind, found.since, found.message) == ("unreadable", NOW, "commit 1 is not JSON")


def test_a_cleaned_log_is_a_hole_from_the_last_commit_read_to_the_first_after(
    store: Store,
) -> None:
    count(store, commit(0, "2026-03-08 01:00", 3), commit(1, "2026-03-08 02:00", 3))
    event = Event(EventKind.LOG_CLEANED, "2-4", NOW, "gone", {"first": 2, "last": 4})
    count(
        store,
        *(commit(5, "2026-03-10 04:00", 3), commit(6, "2026-03-10 05:00", 3)),
        position="2",
        events=(event,),
    )
    (history,) = stored(store)
    assert history.holes == ((at("2026-03-08 02:00"), at("2026-03-10 04:00")),)
    assert history.events == (event,)


def test_a_recreated_table_is_a_hole_between_the_two(store: Store) -> None:
    count(store, commit(0, "2026-03-08 01:00", 3), commit(1, "2026-03-08 02:00", 3))
    event = Event(EventKind.RECREATED, "x@1", NOW, "another table", {"version": 1})
    count(
        store,
        *(commit(0, "2026-03-10 04:00", 3), commit(1, "2026-03-10 05:00", 3)),
        position="2",
        events=(event,),
        recreated=True,
    )
    (history,) = stored(store)
    assert history.holes == ((at("2026-03-08 02:00"), at("2026-03-10 04:00")),)


def test_a_long_window_reads_a_longer_history(store: Store) -> None:
    old = datetime(2025, 12, 1, 10, 30, tzinfo=UTC)
    event = Event(EventKind.FEED_OFF, "1", old, "switched off")
    count(store, commit(0, "2025-12-01 10:30", 3), events=(event,))
    assert stored(store)[0].events == ()
    window = Window.back(timedelta(days=120))
    (found,) = make_report(store, [TABLE], NOW, window).troubles
    assert (found.kind, found.since) == ("feed_off", old)


def test_the_watched_tables_are_the_declared_ones_and_those_a_cycle_found(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "limnograph.yaml"
    nothing = ", ".join(f"{monitor.name}: false" for monitor in monitors.ALL)
    path.write_text(
        "tables:\n"
        "  - {name: main.posts, uri: s3://lake/posts, owner: declared}\n"
        f"  - {{name: main.off, uri: s3://lake/off, monitors: {{{nothing}}}}}\n"
        "  - {glob: 's3://lake/dim/*', owner: glob}\n"
    )
    subjects = {
        "main.posts": {"uri": "s3://lake/posts"},
        "topics": {"uri": "s3://lake/dim/topics"},
        "authors": {"uri": "s3://lake/dim/authors"},
        "elsewhere": {"uri": "s3://other/dim/elsewhere"},
    }
    store.sync_roster("table", {**subjects, "gone": {"uri": "s3://lake/dim/gone"}}, NOW)
    store.sync_roster("table", subjects, NOW)
    tables = watched(load(path), store)
    assert [(table.name, table.uri, table.owner) for table in tables] == [
        ("authors", "s3://lake/dim/authors", "glob"),
        ("main.posts", "s3://lake/posts", "declared"),
        ("topics", "s3://lake/dim/topics", "glob"),
    ]
