import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from limnograph.cycle import CycleResult, Written
from limnograph.lakes import EmbeddedLake
from limnograph.runner import run_cycle
from limnograph.scheduler import everything
from limnograph.settings import TableSettings
from limnograph.store import Store, open_store
from monitors import freshness, ingestion
from monitors.core import Cost, Outcome
from monitors.lakes.embedded import Access
from monitors.lakes.workers import Workers
from monitors.secrets import Secret

MONITORS = (ingestion.MONITOR, freshness.MONITOR)


@pytest.fixture
def lake() -> Iterator[EmbeddedLake]:
    with Workers(limit=1) as workers:
        yield EmbeddedLake(Access(workers))
        assert workers.pids == frozenset()  # the logs of these tables say all


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'limnograph.db'}") as store:
        yield store


def append(uri: Path, *days: int) -> None:
    seen = [datetime(2026, 11, day, tzinfo=UTC) for day in days]
    write_deltalake(uri, pa.table({"id": days, "seen": seen}), mode="append")


def cycle(lake: EmbeddedLake, store: Store, table: TableSettings) -> CycleResult:
    store.sync_roster("table", {table.name: {}}, datetime.now(UTC))
    due = everything([table], MONITORS)
    return asyncio.run(run_cycle(due, store, lake, clock=lambda: datetime.now(UTC)))


def posts(uri: Path) -> TableSettings:
    configs = {
        "ingestion": ingestion.Config(),
        "freshness": freshness.Config(event_time="seen"),
    }
    return TableSettings("posts", str(uri), monitors=configs)


def values(store: Store) -> dict[str, float]:
    """Gauges and inserted rows of the table, by metric."""
    found = {row.metric: row.value for row in store.latest(["table:posts"])}
    for row in store.counters(["table:posts"]):
        if row.labels[-1] == "insert":
            found[row.metric] = row.value
    return found


def test_real_tables_are_counted_from_commit_to_store(
    lake: EmbeddedLake, sqlite: Store, tmp_path: Path
) -> None:
    append(tmp_path / "posts", 1, 2)
    cycle(lake, sqlite, posts(tmp_path / "posts"))
    append(tmp_path / "posts", 5, 3, 4)
    cycle(lake, sqlite, posts(tmp_path / "posts"))
    found = values(sqlite)
    assert found["lakehouse_table_rows"] == 5
    assert found["lakehouse_table_row_changes_total"] == 5
    newest = datetime(2026, 11, 5, tzinfo=UTC).timestamp()
    assert found["lakehouse_table_last_event_timestamp_seconds"] == newest


def test_a_table_at_rest_costs_one_request(
    lake: EmbeddedLake, sqlite: Store, tmp_path: Path
) -> None:
    append(tmp_path / "posts", 1, 2)
    cycle(lake, sqlite, posts(tmp_path / "posts"))
    idle = cycle(lake, sqlite, posts(tmp_path / "posts"))
    assert [result.written for result in idle.results] == [Written.IDLE, Written.IDLE]
    assert idle.cost == Cost(requests=1, bytes=0)


def test_an_option_whose_secret_is_missing_makes_the_table_unreadable(
    lake: EmbeddedLake, sqlite: Store, tmp_path: Path
) -> None:
    options = {"aws_secret_access_key": Secret(f"file:{tmp_path / 'none'}")}
    table = TableSettings(
        "posts", "s3://lake/posts", storage_options=options, monitors=posts(tmp_path).monitors
    )
    for result in cycle(lake, sqlite, table).results:
        assert result.outcome is Outcome.ERROR
        assert result.reason.endswith("is missing or empty")
