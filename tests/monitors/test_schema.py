"""The schema monitor, on literal tails and on tables with a log of their own."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from monitors import schema
from monitors.core import (
    CommitFact,
    Cursor,
    Definition,
    Event,
    EventKind,
    Reading,
    Snapshot,
    State,
    Subject,
    Tail,
)
from monitors.lakes.embedded import Access, EmbeddedTable
from tests.monitors.cycles import Inline
from tests.monitors.delta.evolution.defined import AT, defined
from tests.monitors.delta.test_definitions import (
    PROTOCOL,
    add,
    clustering,
    info,
    metadata,
    write,
)
from tests.monitors.delta.written import mapped
from tests.monitors.one_tail import OneTail

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
TABLE = Subject("table", "main.bronze.posts")
LABELS = ("main", "bronze", "posts")


def commit(version: int) -> CommitFact:
    numbers: dict[str, Any] = dict.fromkeys(
        ("inserted", "updated", "deleted", "net", "bytes_added", "bytes_removed"), 0
    )
    return CommitFact(
        version, AT, "WRITE", **numbers, files_added=0, files_removed=0, source="log", exact=True
    )


def tail(
    *definitions: Definition, before: Definition | None = None, told: bool = True, **more: Any
) -> Tail:
    """A tail up to its last definition; `told` says whether its commits are in the log."""
    version = max((d.version for d in definitions), default=9)
    snapshot = Snapshot(version, AT, "id-1", 0, 0, 0)
    commits = tuple(commit(d.version) for d in definitions) if told else ()
    return Tail(snapshot, commits, (), str(version), before=before, definitions=definitions, **more)


def read(
    found: Tail, states: Mapping[str, State] | None = None, cursor: Cursor | None = None
) -> Reading:
    return asyncio.run(
        schema.read(OneTail(found), TABLE, schema.Config(), cursor, states or {}, NOW)
    )


def kept(reading: Reading) -> dict[str, State]:
    return {state.key: state for state in reading.states}


def changed(reading: Reading) -> list[str]:
    return [e.message for e in reading.events if e.kind is EventKind.SCHEMA_CHANGED]


def values(reading: Reading) -> dict[str, float]:
    return {one.metric.name: one.value for one in reading.measurements}


ONE = defined("a long", version=0, operation="CREATE TABLE", user="ada")
TWO = defined("a long", "b date", version=3, at=AT + timedelta(hours=1), operation="WRITE")


def test_the_first_definition_of_a_table_is_no_event() -> None:
    reading = read(tail(ONE, first=True))
    assert (reading.definitions, reading.events) == ((ONE,), ())
    assert values(reading) == {"lakehouse_table_columns": 1.0}
    assert reading.cursor == Cursor("0", {})


def test_what_the_past_of_the_log_changed_is_told_with_its_own_time() -> None:
    reading = read(tail(ONE, TWO, first=True))
    assert reading.definitions == (ONE, TWO)
    assert reading.events == (
        Event(
            EventKind.SCHEMA_CHANGED,
            f"3@{int(TWO.at.timestamp())}000:column_added:b",
            TWO.at,
            "column b (date) added (version 3, WRITE)",
            {
                "kind": "column_added",
                "path": "b",
                "before": None,
                "after": "date",
                "version": 3,
                "operation": "WRITE",
                "user": "",
            },
        ),
    )
    assert values(reading) == {
        "lakehouse_table_schema_changed_timestamp_seconds": TWO.at.timestamp(),
        "lakehouse_table_columns": 2.0,
    }
    assert reading.cursor is not None
    assert reading.cursor.totals == {
        ("lakehouse_table_schema_changes_total", (*LABELS, "column_added")): 1.0
    }


def test_an_idle_reading_repeats_what_holds_and_keeps_nothing_new() -> None:
    first = read(tail(ONE, TWO, first=True))
    idle = read(tail(), kept(first), first.cursor)
    assert idle.measurements[0] == first.measurements[0]
    assert values(idle) == values(first)
    assert (idle.definitions, idle.events, idle.states) == ((), (), ())
    assert idle.cursor is not None
    assert first.cursor is not None
    assert idle.cursor.totals == first.cursor.totals


def test_a_later_change_is_told_from_the_definition_kept() -> None:
    first = read(tail(ONE, first=True))
    later = read(tail(TWO, before=replace(ONE, operation="")), kept(first), first.cursor)
    assert changed(later) == ["column b (date) added (version 3, WRITE)"]
    assert later.definitions == (TWO,)


def test_the_same_tail_from_the_same_state_gives_the_same_reading() -> None:
    first = read(tail(ONE, first=True))
    again = [read(tail(TWO, before=ONE), kept(first), first.cursor) for _ in range(2)]
    assert again[0] == again[1]


def test_a_definition_that_the_state_knows_already_is_not_told_again() -> None:
    first = read(tail(ONE, TWO, first=True))
    assert changed(read(tail(TWO, before=ONE), kept(first), first.cursor)) == []


def test_after_a_gap_nobody_says_which_commit_changed_the_table() -> None:
    first = read(tail(ONE, first=True))
    there = replace(TWO, operation="", user="")
    gap = read(tail(before=there), kept(first), first.cursor)
    assert changed(gap) == [
        "column b (date) added (by version 3; the log does not tell which commit did it)"
    ]
    assert (gap.events[0].detail["operation"], gap.definitions) == ("", (there,))
    # Nor where the log does not even tell how it was defined when the gap ended.
    later = read(tail(TWO), kept(first), first.cursor)
    assert "does not tell which commit" in changed(later)[0]


def test_a_definition_that_only_a_checkpoint_tells_has_no_commit() -> None:
    first = read(tail(ONE, first=True))
    reading = read(tail(TWO, before=ONE, told=False), kept(first), first.cursor)
    assert "does not tell which commit" in changed(reading)[0]


def test_a_gap_that_changed_nothing_is_no_event() -> None:
    first = read(tail(ONE, first=True))
    reading = read(tail(before=replace(ONE, version=7)), kept(first), first.cursor)
    assert (reading.events, reading.definitions, reading.states) == ((), (), ())


def test_a_recreated_table_is_compared_with_the_one_before_it() -> None:
    first = read(tail(ONE, TWO, first=True))
    other = defined("a string", version=0, table_id="id-2", operation="CREATE TABLE", user="eve")
    reading = read(tail(other, recreated=True), kept(first), first.cursor)
    place = "(version 0 of another table, which took the place of the one before)"
    assert changed(reading) == [
        f"column b (date) dropped {place}",
        f"type of column a changed from long to string {place}",
    ]
    assert {e.detail["operation"] for e in reading.events} == {""}
    assert (reading.definitions, reading.recreated) == ((other,), True)
    assert values(reading)["lakehouse_table_columns"] == 1.0


def test_a_recreated_table_of_the_same_definition_is_kept_as_the_new_one_s() -> None:
    first = read(tail(ONE, TWO, first=True))
    reading = read(tail(ONE, recreated=True), kept(first), first.cursor)
    assert [d.version for d in reading.definitions] == [0]
    assert [state.version for state in reading.states] == [0]


def test_a_state_of_an_unknown_format_is_rebuilt_without_inventing_changes() -> None:
    old = {"definition": State("definition", "schema.0", 3, b"?")}
    given = read(tail(TWO, before=ONE), old, Cursor("0"))
    assert changed(given) == ["column b (date) added (version 3, WRITE)"]
    whole = tail(ONE, TWO, first=True)
    source = Positioned({"3": replace(whole, commits=(), definitions=(), first=False), None: whole})
    again = asyncio.run(schema.read(source, TABLE, schema.Config(), Cursor("3"), old, NOW))
    assert (again.events, again.definitions) == ((), ())
    assert values(again) == values(read(whole))
    assert kept(again)["definition"].format == "schema.1"
    assert kept(again)["definition"].blob == kept(read(whole))["definition"].blob


@dataclass
class Positioned(OneTail):
    """A source whose tail depends on the position."""

    found: Tail = field(init=False)
    tails: Mapping[str | None, Tail] = field(default_factory=dict)

    def __init__(self, tails: Mapping[str | None, Tail]) -> None:
        super().__init__(tails[None])
        self.tails = tails

    async def tail(self, position: str | None) -> Tail:
        return self.tails[position]


def test_a_clock_that_is_ahead_changes_nothing_in_the_future() -> None:
    ahead = replace(TWO, at=NOW + timedelta(days=9))
    reading = read(tail(ONE, ahead, first=True))
    assert values(reading)[schema.CHANGED.name] == NOW.timestamp()


def test_a_definition_survives_its_state() -> None:
    rich = defined(
        *("a long required id=c1", "s struct id=c2", "s.x array id=c2/c3"),
        *("s.x.element decimal(10,2) id=c2/c3/element",),
        partition_columns=("a",),
        clustering_columns=("s.x",),
        properties={"p": "1"},
        features=("clustering",),
        operation="X",
        user="ada",
    )
    state = schema.Known(rich, 7.5).state(1)
    found = schema.kept_in({state.key: state})
    assert found is not None
    assert found.known() == schema.Known(rich, 7.5)
    assert found.head == (7.5, 2)


def test_a_secret_property_is_in_no_event_no_definition_and_no_state() -> None:
    before = defined(properties={"api.token": "hunter2hunter2"}, version=0)
    after = defined(properties={"api.token": "tops3cret!"}, version=1)
    reading = read(tail(before, after, first=True))
    assert changed(reading) == [
        "property api.token changed from ******** to ******** "
        "(version 1, an operation that the log does not name)"
    ]
    assert "hunter2" not in repr(reading)
    assert "tops3cret" not in repr(reading)
    state = schema.kept_in(kept(reading))
    assert state is not None
    assert "tops3cret" not in repr(state.known())


def test_a_name_without_end_still_makes_a_key_of_its_own() -> None:
    endless = [defined("a long", f"{'x' * 5000}{n} long", version=n) for n in (1, 2)]
    readings = [read(tail(ONE, one, first=True)) for one in endless]
    keys = {event.key for reading in readings for event in reading.events}
    assert len(keys) == 2
    assert max(map(len, keys)) < 300


@dataclass
class Readings:
    """Readings of one table, with what a store keeps between them."""

    path: Path
    cursor: Cursor | None = None
    states: dict[str, State] = field(default_factory=dict)

    def run(self) -> Reading:
        return asyncio.run(self._run())

    async def _run(self) -> Reading:
        source = EmbeddedTable(str(self.path), {}, Access(Inline()), LATER)
        reading = await schema.read(source, TABLE, schema.Config(), self.cursor, self.states, LATER)
        self.cursor = reading.cursor
        self.states.update(kept(reading))
        return reading


def plain(reading: Reading) -> list[str]:
    """The messages without the commit that they name."""
    return [message.rpartition(" (")[0] for message in changed(reading)]


def test_a_table_that_deltalake_evolves(tmp_path: Path) -> None:
    readings = Readings(tmp_path)
    write_deltalake(tmp_path, pa.table({"id": [1]}))
    assert changed(readings.run()) == []
    more = pa.table({"id": [2], "lang": ["en"]})
    write_deltalake(tmp_path, more, mode="append", schema_mode="merge")
    assert changed(readings.run()) == ["column lang (string) added (version 1, WRITE)"]
    turned = pa.table({"id": ["3"], "when": pa.array([1], pa.timestamp("us", "UTC"))})
    write_deltalake(tmp_path, turned, mode="overwrite", schema_mode="overwrite")
    assert plain(readings.run()) == [
        "column lang (string) dropped",
        "type of column id changed from long to string",
        "column when (timestamp) added",
    ]
    DeltaTable(tmp_path).alter.set_table_properties({"delta.appendOnly": "true"})
    told = plain(readings.run())
    assert "property delta.appendOnly set to true" in told
    assert readings.run().events == ()
    assert Readings(tmp_path).run().definitions[-1].properties["delta.appendOnly"] == "true"


def test_a_table_that_was_replaced_says_which_columns_differ(tmp_path: Path) -> None:
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(("a", "long")), info("CREATE TABLE"))
    readings = Readings(tmp_path)
    readings.run()
    other = metadata(("a", "string"), ("b", "long"))
    other["metaData"]["id"] = "id-2"
    write(tmp_path, 1, other, info("CREATE OR REPLACE TABLE", userName="dbt"))
    reading = readings.run()
    assert next(str(event.kind) for event in reading.events) == "replaced"
    assert changed(reading) == [
        "type of column a changed from long to string (version 1, CREATE OR REPLACE TABLE by dbt)",
        "column b (long) added (version 1, CREATE OR REPLACE TABLE by dbt)",
    ]


MAPPED = {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "2"}


def test_a_table_that_maps_its_columns(tmp_path: Path) -> None:
    a, b = mapped("col-1", 1), mapped("col-2", 2)
    fields = [("a", "long", a), ("b", "integer", b)]
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(*fields, **MAPPED), info("CREATE TABLE"))
    readings = Readings(tmp_path)
    readings.run()
    renamed = metadata(("post", "long", a), fields[1], **MAPPED)
    write(tmp_path, 1, renamed, info("RENAME COLUMN", userName="ada"))
    wider = metadata(("b", "long", b), ("post", "long", a), **MAPPED)
    write(tmp_path, 2, wider, info("CHANGE COLUMN", userId="7"))
    write(tmp_path, 3, clustering(["col-1"]), info("CLUSTER BY"))
    assert changed(readings.run()) == [
        "column a renamed to post (version 1, RENAME COLUMN by ada)",
        "type of column b widened from integer to long (version 2, CHANGE COLUMN by 7)",
        "columns reordered: b now first (version 2, CHANGE COLUMN by 7)",
        "clustered by post, before by nothing (version 3, CLUSTER BY)",
    ]


def test_commits_that_were_cleaned_away(tmp_path: Path) -> None:
    write_deltalake(tmp_path, pa.table({"id": [1]}))
    readings = Readings(tmp_path)
    readings.run()
    more = pa.table({"id": [2], "lang": ["en"]})
    write_deltalake(tmp_path, more, mode="append", schema_mode="merge")
    write_deltalake(tmp_path, more, mode="append")
    DeltaTable(tmp_path).create_checkpoint()
    for version in (0, 1):
        (tmp_path / "_delta_log" / f"{version:020}.json").unlink()
    write_deltalake(tmp_path, more, mode="append")
    reading = readings.run()
    assert [str(event.kind) for event in reading.events] == ["log_cleaned", "schema_changed"]
    assert "does not tell which commit did it" in changed(reading)[0]
    assert readings.run().events == ()


def test_a_schema_that_cannot_be_read_is_a_problem_and_the_last_one_known_stays(
    tmp_path: Path,
) -> None:
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(("a", "long")), info("CREATE TABLE"))
    readings = Readings(tmp_path)
    readings.run()
    broken = {"metaData": {"id": "id-1", "schemaString": "{", "partitionColumns": []}}
    write(tmp_path, 1, broken, add("x"), info("WRITE"))
    reading = readings.run()
    assert [problem.what for problem in reading.problems] == ["schema of version 1"]
    assert reading.definitions == ()
    write(tmp_path, 2, metadata(("a", "long"), ("b", "long")), info("ADD COLUMNS"))
    later = readings.run()
    assert plain(later) == ["column b (long) added"]
    assert "does not tell which commit" in changed(later)[0]


def test_a_schema_that_never_could_be_read_is_asked_for_once(tmp_path: Path) -> None:
    broken = {"metaData": {"id": "id-1", "schemaString": "{", "partitionColumns": []}}
    write(tmp_path, 0, {"protocol": PROTOCOL}, broken, add("x"), info("WRITE"))
    readings = Readings(tmp_path)
    assert values(readings.run()) == {}
    assert [state.key for state in readings.states.values()] == ["definition"]
    assert readings.run().states == ()


@pytest.mark.parametrize("states", [True, False], ids=["kept", "lost"])
def test_a_table_read_again_after_its_state_was_lost(tmp_path: Path, states: bool) -> None:
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(("a", "long")), info("CREATE TABLE"))
    write(tmp_path, 1, metadata(("a", "long"), ("b", "long")), info("ADD COLUMNS"))
    readings = Readings(tmp_path)
    first = readings.run()
    if not states:
        readings.states.clear()
    idle = readings.run()
    assert (idle.events, values(idle)) == ((), values(first))
    write(tmp_path, 2, metadata(("b", "long")), info("DROP COLUMNS"))
    assert changed(readings.run()) == ["column a (long) dropped (version 2, DROP COLUMNS)"]
