"""A store of the first schema, with data in every table, becomes one of this program's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from limnograph.store import (
    LatestRow,
    Policy,
    SubjectRow,
    open_store,
)
from limnograph.store.engine import Database
from limnograph.store.location import locate
from limnograph.store.migrating import MIGRATIONS
from limnograph.store.schema import METADATA
from monitors.core import Cursor, Definition, EventKind, Outcome, Problem, State
from tests.limnograph.store.samples import POSTS, ROWS, at, commit, inserts, look, read, rows, write

NINE = 1_772_355_600_000_000  # 2026-03-01 09:00 in UTC
HOUR = 3_600_000_000
COUNTER = '[["lakehouse_table_row_changes_total",["main","bronze","posts","insert"],7.0]]'
PROBLEM = '[{"mend":"m","reason":"r","state":"error","what":"event_time"}]'

FIRST_ROWS: dict[str, list[dict[str, Any]]] = {
    "subject": [
        {
            "id": POSTS.id,
            "kind": "table",
            "name": POSTS.name,
            "incarnation": 2,
            "left_at": NINE,
            "attributes": '{"owner":"search"}',
            "revision": 3,
        }
    ],
    "series": [
        {
            "id": 1,
            "subject": POSTS.id,
            "monitor": "ingestion",
            "metric": ROWS.name,
            "labels": "[]",
            "latest": 12.0,
            "latest_at": NINE + HOUR,
        }
    ],
    "point": [
        {"series": 1, "at": NINE, "value": 5.0, "run": "a"},
        {"series": 1, "at": NINE + HOUR, "value": 12.0, "run": "b"},
    ],
    "commit_fact": [
        {
            "subject": POSTS.id,
            "incarnation": 2,
            "version": 4,
            "at": NINE,
            "operation": "WRITE",
            "inserted": 7,
            "updated": 0,
            "deleted": 0,
            "net": 7,
            "bytes_added": 100,
            "bytes_removed": 0,
            "files_added": 1,
            "files_removed": 0,
            "source": "log",
            "exact": True,
            "reason": "",
            "changes_data": True,
        }
    ],
    "bucket": [
        {
            "subject": POSTS.id,
            "grain": grain,
            "time_zone": "UTC",
            "start": start,
            "inserted": 7,
            "updated": 0,
            "deleted": 0,
            "net": 7,
            "commits": 1,
            "uncounted": 0,
            "inexact": 0,
        }
        for grain, start in (("day", NINE - 9 * HOUR), ("hour", NINE))
    ],
    "event": [
        {
            "subject": POSTS.id,
            "kind": "replaced",
            "key": "v4",
            "at": NINE,
            "recorded_at": NINE + HOUR,
            "run": "a",
            "message": "was replaced",
            "detail": '{"version":4}',
        }
    ],
    "state": [
        {
            "subject": POSTS.id,
            "monitor": "freshness",
            "key": "week",
            "format": "week",
            "version": 1,
            "blob": b"\x00\xff",
        }
    ],
    "cursor": [
        {
            "scope": POSTS.id,
            "incarnation": 2,
            "monitor": "ingestion",
            "position": "v4",
            "totals": COUNTER,
        }
    ],
    "outcome": [
        {
            "subject": POSTS.id,
            "monitor": "ingestion",
            "outcome": "error",
            "reason": "gone",
            "mend": "bring it back",
            "problems": PROBLEM,
            "at": NINE + 2 * HOUR,
            "last_success_at": NINE + HOUR,
            "run": "b",
        }
    ],
}


@pytest.fixture
def old_url(store_url: str) -> str:
    """A store as the first release left it."""
    database = Database(locate(store_url))
    with database.writing() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, "0001")
        connection.execute(text("UPDATE revision SET value = 3"))
        for table, found in FIRST_ROWS.items():
            names = ", ".join(found[0])
            values = ", ".join(f":{name}" for name in found[0])
            insert = text(f"INSERT INTO {table} ({names}) VALUES ({values})")
            connection.execute(insert, found)
    database.close()
    return store_url


def raw(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row that is in a table of the first schema, in its columns."""
    database = Database(locate(url))
    with database.reading() as connection:
        found = {
            table: [
                dict(row)
                for row in connection.execute(
                    text(f"SELECT {', '.join(given[0])} FROM {table} ORDER BY 1, 2")
                ).mappings()
            ]
            for table, given in FIRST_ROWS.items()
        }
    database.close()
    return found


def test_the_first_schema_is_filled_whole() -> None:
    new = {"definition", "rollup", "verdict", "verdict_log", "incident"}
    new |= {"outbox", "receipt", "expected"}
    assert set(FIRST_ROWS) | {"revision"} | new == set(METADATA.tables)


def test_every_row_of_the_first_schema_is_there_after_the_upgrade(old_url: str) -> None:
    open_store(old_url).close()
    assert raw(old_url) == FIRST_ROWS


def test_two_programs_that_upgrade_at_once_upgrade_once(old_url: str) -> None:
    gate = Barrier(2)

    def upgrade() -> int:
        gate.wait(60)
        with open_store(old_url) as store:
            return store.revision()

    with ThreadPoolExecutor(2) as pool:
        both = [future.result() for future in [pool.submit(upgrade), pool.submit(upgrade)]]
    assert both == [3, 3]
    assert raw(old_url) == FIRST_ROWS


def test_what_the_first_release_wrote_is_read_back(old_url: str) -> None:
    nine, ten = at("2026-03-01 09:00"), at("2026-03-01 10:00")
    with open_store(old_url) as store:
        assert store.revision() == 3
        assert store.subjects("table") == [
            SubjectRow(POSTS.id, "table", POSTS.name, 2, nine, {"owner": "search"})
        ]
        assert store.latest() == [LatestRow(POSTS.id, "ingestion", ROWS.name, (), 12, ten)]
        assert [(row.at, row.value) for row in store.points(POSTS.id, ROWS.name)] == [
            (nine, 5),
            (ten, 12),
        ]
        assert store.facts(POSTS.id, incarnation=2) == [commit(4, "2026-03-01 09:00", 7)]
        assert [row.inserted for row in store.buckets(POSTS.id, "hour")] == [7]
        assert [row.inserted for row in store.buckets(POSTS.id, "day")] == [7]
        (event,) = store.events(POSTS.id)
        assert (event.kind, event.detail) == (EventKind.REPLACED, {"version": 4})
        assert store.states(POSTS.id, "freshness") == {"week": State("week", "week", 1, b"\0\xff")}
        assert look(store).cursor == Cursor("v4", inserts(7))
        (ended,) = store.outcomes()
        assert ended.outcome is Outcome.ERROR
        assert ended.problems == (Problem("event_time", "error", "r", "m"),)


def test_what_is_new_works_on_a_store_of_the_first_release(old_url: str) -> None:
    definition = Definition(5, at("2026-03-01 11:00"), "5f1d", ())
    reading = read(
        "v5",
        9,
        facts=(commit(5, "2026-03-01 11:00", 2),),
        definitions=(definition,),
        measurements=(rows(14, "2026-03-01 11:00"),),
    )
    with open_store(old_url) as store:
        assert write(store, reading, now=at("2026-03-01 12:00"))
        assert store.definitions(POSTS.id) == [definition]
        policy = Policy(facts=timedelta(days=100))
        gone = {"point": 2, "hour": 3, "commit_fact": 2, "bucket": 2}
        assert store.prune(policy, at("2026-07-01 00:00")) == gone
        found = store.history(POSTS.id, ROWS, "day", until=at("2026-03-02 00:00"))
        assert [(row.grain, row.value, row.points) for row in found] == [("day", 14, 3)]
        assert [row.inserted for row in store.buckets(POSTS.id, "day")] == [9]
