import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
import stamina
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from limnograph.cycle import CycleResult, Due, Written
from limnograph.recorder import ATTEMPTS
from limnograph.runner import run_cycle
from limnograph.scheduler import everything
from limnograph.settings import TableSettings
from limnograph.store import Record, Store, TransientStoreError, open_store
from limnograph.store.engine import Database
from limnograph.store.location import locate
from monitors import ingestion
from monitors.core import (
    Cursor,
    Monitor,
    Outcome,
    Reading,
    State,
    Subject,
    TableSource,
)
from monitors.errors import SecretError, StoreError, UnreadableError
from tests.limnograph.lake_in_memory import NOON, MemoryLake, MemoryTable, commit

pytestmark = pytest.mark.wide

CHANGES = "lakehouse_table_row_changes_total"
CONFIG = ingestion.Config()


def tables(**inserts: Sequence[int]) -> dict[str, MemoryTable]:
    return {
        name: MemoryTable([commit(version, rows) for version, rows in enumerate(counts)])
        for name, counts in inserts.items()
    }


def dues(names: Sequence[str], *monitors: Monitor) -> list[Due]:
    configs = {monitor.name: CONFIG for monitor in monitors}
    settings = [TableSettings(name, f"/lake/{name}", monitors=configs) for name in names]
    return everything(settings, monitors)


def cycle(
    store: Store,
    lake: MemoryLake,
    *monitors: Monitor,
    now: datetime = NOON + timedelta(hours=1),
    timeout: float = 60.0,
    concurrency: int = 32,
) -> CycleResult:
    names = sorted(lake.tables)
    store.sync_roster("table", {name: {} for name in names}, now)
    due = dues(names, *(monitors or (ingestion.MONITOR,)))
    return asyncio.run(
        run_cycle(due, store, lake, clock=lambda: now, timeout=timeout, concurrency=concurrency)
    )


def inserted(store: Store) -> dict[str, float]:
    """Rows inserted by table, as the counters have it."""
    return {
        row.subject.removeprefix("table:"): row.value
        for row in store.counters()
        if row.metric == CHANGES and row.labels[-1] == "insert"
    }


def outcomes(store: Store) -> dict[tuple[str, str], tuple[Outcome, str, str]]:
    return {
        (row.subject.removeprefix("table:"), row.monitor): (row.outcome, row.reason, row.mend)
        for row in store.outcomes()
        if row.subject.startswith("table:")
    }


def gauges(store: Store) -> dict[tuple[str, ...], float]:
    """What limnograph says of itself, by metric without its prefix and labels."""
    return {
        (row.metric.removeprefix("lakehouse_"), *row.labels): row.value
        for row in store.latest()
        if not row.subject.startswith("table:")
    }


def monitor(name: str, read: object, needs: tuple[str, ...] = ()) -> Monitor:
    return Monitor(name, "", "table", ingestion.Config, (), read, needs)  # type: ignore[arg-type]


async def fail(
    source: TableSource,
    subject: Subject,
    config: object,
    cursor: Cursor | None,
    states: Mapping[str, State],
    now: datetime,
) -> Reading:
    raise ZeroDivisionError("rows per file")


async def hang(*_: object) -> Reading:
    await asyncio.Event().wait()
    raise AssertionError("never set")


async def facts_without_a_cursor(*_: object) -> Reading:
    return Reading(facts=(commit(0, 1),))


FAILING = monitor("failing", fail)
HANGING = monitor("hanging", hang)


def test_a_cycle_counts_what_is_new_since_the_last_one(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3, 4], labels=[5]))
    cycle(store, lake)
    assert inserted(store) == {"posts": 7, "labels": 5}
    lake.tables["posts"].append(10)
    result = cycle(store, lake)
    assert inserted(store) == {"posts": 17, "labels": 5}
    assert {(r.subject.name, r.written) for r in result.results} == {
        ("posts", Written.NEW),
        ("labels", Written.IDLE),
    }


def test_an_idle_table_changes_nothing_but_the_time_of_its_outcome(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    cycle(store, lake)
    before, _ = store.changed_since(0)
    later = NOON + timedelta(hours=2)
    cycle(store, lake, now=later)
    assert "table:posts" not in store.changed_since(before)[1]
    (row,) = (row for row in store.outcomes() if row.subject == "table:posts")
    assert (row.outcome, row.at, row.last_success_at) == (Outcome.ASSESSED, later, later)


def test_a_failing_monitor_stops_no_other_and_is_told_in_one_line(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    with capture_logs([merge_contextvars]) as logs:
        result = cycle(store, lake, FAILING, ingestion.MONITOR)
    assert inserted(store) == {"posts": 3}
    reason = "ZeroDivisionError: rows per file"
    mend = "this may be a defect of limnograph: --debug shows where it happened"
    assert outcomes(store) == {
        ("posts", "failing"): (Outcome.ERROR, reason, mend),
        ("posts", "ingestion"): (Outcome.ASSESSED, "", ""),
    }
    (line,) = (line for line in logs if line["log_level"] != "debug")
    assert isinstance(line.pop("exc_info"), ZeroDivisionError)
    assert line == {
        "event": "could not be read",
        "log_level": "warning",
        "run": result.run,
        "table": "posts",
        "monitor": "failing",
        "reason": reason,
        "mend": mend,
    }


def test_an_unreadable_table_stops_no_other_and_keeps_its_own_words(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3], broken=[1]))
    lake.tables["broken"].failure = UnreadableError("no permission", "grant s3:GetObject")
    cycle(store, lake)
    assert inserted(store) == {"posts": 3}
    assert outcomes(store)["broken", "ingestion"] == (
        Outcome.ERROR,
        "no permission",
        "grant s3:GetObject",
    )


def test_a_table_that_was_readable_keeps_its_counters_while_it_is_not(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    cycle(store, lake)
    lake.tables["posts"].failure = UnreadableError("gone for now", "wait")
    cycle(store, lake)
    lake.tables["posts"].failure = None
    lake.tables["posts"].append(4)
    cycle(store, lake)
    assert inserted(store) == {"posts": 7}
    assert outcomes(store)["posts", "ingestion"] == (Outcome.ASSESSED, "", "")


def test_a_table_that_cannot_be_opened_is_an_error_of_each_monitor(store: Store) -> None:
    class Locked(MemoryLake):
        def open(self, *_: object) -> object:  # type: ignore[override]
            raise SecretError("secret env:KEY is missing", "set environment variable KEY")

    cycle(store, Locked(tables(posts=[3])), ingestion.MONITOR, FAILING)
    error = (Outcome.ERROR, "secret env:KEY is missing", "set environment variable KEY")
    assert outcomes(store) == {("posts", "ingestion"): error, ("posts", "failing"): error}


def test_a_monitor_that_takes_too_long_is_stopped(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    cycle(store, lake, HANGING, ingestion.MONITOR, timeout=0.05)
    assert outcomes(store)["posts", "hanging"] == (
        Outcome.ERROR,
        "reading took longer than 0.05 s and was stopped",
        "see why the storage is slow, or raise `timeout` in `run` of the configuration",
    )
    assert inserted(store) == {"posts": 3}


def test_what_the_lake_cannot_do_is_not_assessed(store: Store) -> None:
    wanting = monitor("profile", hang, needs=("commits", "scan", "changes"))
    cycle(store, MemoryLake(tables(posts=[3])), wanting)
    assert outcomes(store)["posts", "profile"] == (
        Outcome.NOT_ASSESSED,
        "profile needs what the lake memory cannot do: changes, scan",
        "switch profile off for this table, or read it through a lake that can",
    )


def test_a_reading_that_the_store_refuses_is_an_error_of_that_reading(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    cycle(store, lake, monitor("loose", facts_without_a_cursor), ingestion.MONITOR)
    outcome, reason, _ = outcomes(store)["posts", "loose"]
    assert outcome is Outcome.ERROR
    assert "must carry a cursor" in reason
    assert inserted(store) == {"posts": 3}


def test_no_more_tables_are_read_at_once_than_allowed(store: Store) -> None:
    lake = MemoryLake(tables(**{f"t{number}": [1] for number in range(20)}))
    result = cycle(store, lake, concurrency=3)
    assert lake.most_open == 3
    assert len(result.tables) == 20
    assert sum(inserted(store).values()) == 20


def test_the_lake_gets_back_what_it_kept(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    cycle(store, lake)
    lake.tables["posts"].append(4)
    cycle(store, lake)
    cycle(store, lake)
    assert lake.opened == [
        ("posts", "", {}),
        ("posts", "1", {"head": b"1", "files": b"files"}),
        ("posts", "2", {"head": b"2", "files": b"files"}),
    ]


def test_two_runners_on_one_store_neither_lose_nor_double(store_url: str) -> None:
    lake = MemoryLake(tables(posts=[3], labels=[1, 1]))
    due = dues(["labels", "posts"], ingestion.MONITOR)

    async def both(one: Store, other: Store) -> None:
        for number in range(5):
            lake.tables["posts"].append(number)
            await asyncio.gather(
                run_cycle(due, one, lake, clock=lambda: NOON),
                run_cycle(due, other, lake, clock=lambda: NOON),
            )

    with open_store(store_url) as one, open_store(store_url) as other:
        one.sync_roster("table", {"posts": {}, "labels": {}}, NOON)
        asyncio.run(both(one, other))
        assert inserted(one) == {"posts": 3 + 0 + 1 + 2 + 3 + 4, "labels": 2}
        assert [fact.version for fact in one.facts("table:posts")] == [0, 1, 2, 3, 4, 5]


def test_a_reading_that_another_runner_outran_is_no_error(store_url: str) -> None:
    """The other runner writes after this one has looked at the store and before it writes."""
    lake = MemoryLake(tables(posts=[3]))
    with open_store(store_url) as one, open_store(store_url) as other:

        async def late(
            source: TableSource,
            subject: Subject,
            config: ingestion.Config,
            cursor: Cursor | None,
            states: Mapping[str, State],
            now: datetime,
        ) -> Reading:
            reading = await ingestion.read(source, subject, config, cursor, states, now)
            await run_cycle(dues(["posts"], ingestion.MONITOR), other, lake, clock=lambda: NOON)
            return reading

        late_monitor = monitor("ingestion", late)
        with capture_logs() as logs:
            result = cycle(one, lake, late_monitor)
        assert inserted(one) == {"posts": 3}
    assert [r.written for r in result.results] == [Written.SUPERSEDED]
    assert {line["log_level"] for line in logs} == {"debug"}


class Flaky(Store):
    """A store whose writes fail a number of times, as if the connection were lost."""

    failures = 1

    def write(self, record: Record) -> bool:
        if self.failures:
            self.failures -= 1
            raise TransientStoreError("connection lost", "see that the server runs")
        return super().write(record)


@pytest.fixture
def flaky(store_url: str) -> Iterator[Flaky]:
    open_store(store_url).close()
    with Flaky(Database(locate(store_url))) as store:
        yield store


def test_a_store_that_comes_back_costs_nothing(flaky: Flaky) -> None:
    flaky.failures = ATTEMPTS - 1
    with stamina.set_testing(True, attempts=ATTEMPTS):
        cycle(flaky, MemoryLake(tables(posts=[3])))
    assert inserted(flaky) == {"posts": 3}


def test_a_store_that_stays_away_ends_the_cycle(flaky: Flaky) -> None:
    flaky.failures = 1000
    with (
        stamina.set_testing(True, attempts=ATTEMPTS),
        pytest.raises(StoreError, match="connection lost"),
    ):
        cycle(flaky, MemoryLake(tables(posts=[3], labels=[1])))


def test_a_cancelled_cycle_is_made_up_for_by_the_next(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3], labels=[1]))
    due = dues(["labels", "posts"], HANGING, ingestion.MONITOR)

    async def cancelled() -> None:
        running = asyncio.create_task(run_cycle(due, store, lake, clock=lambda: NOON))
        await asyncio.wait({running}, timeout=0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    cycle(store, lake)
    assert inserted(store) == {"posts": 3, "labels": 1}


def test_progress_is_told_for_each_table(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3], labels=[1]))
    due, done = dues(["labels", "posts"], ingestion.MONITOR), []
    asyncio.run(
        run_cycle(due, store, lake, clock=lambda: NOON, advance=lambda: done.append("table"))
    )
    assert done == ["table", "table"]


def test_a_cycle_tells_how_its_monitors_and_its_source_fared(store: Store) -> None:
    now = NOON + timedelta(hours=1)
    lake = MemoryLake(tables(posts=[3], broken=[1]))
    lake.tables["broken"].failure = UnreadableError("gone", "bring it back")
    cycle(store, lake, now=now)
    found = gauges(store)
    assert found.pop(("monitor_duration_seconds", "ingestion")) > 0
    assert found == {
        ("monitor_up", "ingestion"): 1,
        ("monitor_subjects", "ingestion", "assessed"): 1,
        ("monitor_subjects", "ingestion", "not_assessed"): 0,
        ("monitor_subjects", "ingestion", "error"): 1,
        ("monitor_last_success_timestamp_seconds", "ingestion"): now.timestamp(),
        ("monitor_due_timestamp_seconds", "ingestion"): now.timestamp() + 3 * 900,
        ("source_up", "memory"): 1,
        ("source_last_success_timestamp_seconds", "memory"): now.timestamp(),
    }
    assert {
        (row.metric.removeprefix("lakehouse_monitor_"), *row.labels): row.value
        for row in store.counters()
        if row.subject == "service"
    } == {
        ("runs_total", "ingestion", "success"): 1,
        ("runs_total", "ingestion", "error"): 0,
        ("requests_total", "memory"): 2,
        ("received_bytes_total", "memory"): 20,
    }


def test_a_run_that_failed_as_a_whole_is_down_and_keeps_its_last_success(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    cycle(store, lake, now=NOON)
    lake.tables["posts"].failure = UnreadableError("gone", "bring it back")
    cycle(store, lake, now=NOON + timedelta(minutes=15))
    found = gauges(store)
    assert found["monitor_up", "ingestion"] == 0
    assert found["source_up", "memory"] == 0
    assert found["monitor_subjects", "ingestion", "error"] == 1
    for name in ("monitor", "source"):
        label = {"monitor": "ingestion", "source": "memory"}[name]
        assert found[f"{name}_last_success_timestamp_seconds", label] == NOON.timestamp()
    runs = {r.labels[-1]: r.value for r in store.counters(["service"]) if "runs" in r.metric}
    assert runs == {"success": 1, "error": 1}


def test_the_data_lag_is_that_of_the_oldest_commit_seen_first_and_stays(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3]))
    cycle(store, lake, now=NOON + timedelta(minutes=1))
    assert ("source_data_lag_seconds", "memory") not in gauges(store)
    lake.tables["posts"].append(1)  # at 12:01
    lake.tables["posts"].append(1)  # at 12:02
    cycle(store, lake, now=NOON + timedelta(minutes=5))
    assert gauges(store)["source_data_lag_seconds", "memory"] == 240
    cycle(store, lake, now=NOON + timedelta(minutes=6))
    assert gauges(store)["source_data_lag_seconds", "memory"] == 240


def test_subjects_are_counted_also_where_nothing_was_due(store: Store) -> None:
    lake = MemoryLake(tables(posts=[3], labels=[1]))
    cycle(store, lake)
    due = dues(["posts"], ingestion.MONITOR)
    asyncio.run(run_cycle(due, store, lake, clock=lambda: NOON))
    assert gauges(store)["monitor_subjects", "ingestion", "assessed"] == 2


def test_a_cycle_of_nothing_says_nothing(store: Store) -> None:
    result = asyncio.run(run_cycle([], store, MemoryLake({}), clock=lambda: NOON))
    assert result.tables == ()
    assert gauges(store) == {}
