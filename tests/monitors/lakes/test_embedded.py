"""The embedded lake over real Delta tables: cursors, gaps, incarnations, live files, event time."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple, cast

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from monitors.core import EventKind, EventTime, State, Tail
from monitors.delta.feed_reader import Answer
from monitors.errors import UnavailableError, UnreadableError
from monitors.lakes.embedded import Access, EmbeddedTable
from tests.monitors.cycles import Cycles, Inline, changes, kinds, rows
from tests.monitors.delta.log_builder import BIRTH, Log, add

T = TypeVar("T")
Args = TypeVarTuple("Args")

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FEED = {"delta.enableChangeDataFeed": "true"}


def timed(*moments: datetime | None) -> pa.Table:
    return pa.table({"at": pa.array(moments, pa.timestamp("us", "UTC"))})


def log_files(uri: str) -> list[Path]:
    return sorted(Path(uri, "_delta_log").glob("*.json"))


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return str(tmp_path / "posts")


def test_a_first_read_counts_every_commit_that_the_log_still_holds(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    write_deltalake(uri, rows(6, 8), mode="append")
    DeltaTable(uri).delete("id <= 2")
    tail = Cycles(uri).run()
    assert tail.first
    assert changes(tail) == [(0, 5, 0, 0), (1, 3, 0, 0), (2, 0, 0, 2)]
    assert (tail.snapshot.version, tail.snapshot.rows) == (2, 6)


def test_an_idle_cycle_is_one_request_and_loads_no_file_state(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    tail = cycles.run()
    assert cycles.source is not None
    assert cycles.source.cost.requests == 1
    assert cycles.loads == 0
    assert cycles.source.kept() is None
    assert (tail.commits, tail.first, tail.snapshot.rows) == ((), False, 5)


def test_a_cycle_reads_only_new_commits(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    write_deltalake(uri, rows(6, 6), mode="append")
    DeltaTable(uri).delete("id = 3")
    tail = cycles.run()
    assert changes(tail) == [(1, 1, 0, 0), (2, 0, 0, 1)]
    assert tail.snapshot.rows == 5
    assert cycles.source is not None
    assert cycles.source.cost.requests == 3


def test_live_files_kept_by_deltas_equal_those_of_a_fresh_read(uri: str) -> None:
    write_deltalake(uri, rows(1, 3))
    cycles = Cycles(uri)
    cycles.run()
    for first in (4, 7, 10, 13):
        write_deltalake(uri, rows(first, first + 2), mode="append")
        DeltaTable(uri).delete(f"id = {first}")
        tail = cycles.run()
        fresh = Cycles(uri).run()
        assert (tail.snapshot.rows, tail.snapshot.files, tail.snapshot.size_bytes) == (
            fresh.snapshot.rows,
            fresh.snapshot.files,
            fresh.snapshot.size_bytes,
        )
    assert {"head", "files"} <= cycles.states.keys()


def test_deltas_are_folded_when_they_exceed_a_tenth_of_the_snapshot(uri: str) -> None:
    log = Log(Path(uri)).commits([*BIRTH, *(add(f"a{n}", 1) for n in range(10))])
    cycles = Cycles(uri)
    cycles.run()
    deltas = []
    for version in range(1, 7):
        log.commit(version, *(add(f"b{version}-{n}", 1) for n in range(20)))
        assert cycles.run().snapshot.rows == 10 + 20 * version
        deltas.append(len(cycles.states) - 2)
    assert deltas == [1, 2, 3, 0, 1, 2]


@pytest.mark.parametrize("key", ["head", "files"])
def test_a_missing_state_is_rebuilt_from_the_log(uri: str, key: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    del cycles.states[key]
    DeltaTable(uri).delete("id <= 2")
    tail = cycles.run()
    assert changes(tail) == [(1, 0, 0, 2)]
    assert tail.snapshot.rows == 3
    assert {"head", "files"} <= cycles.states.keys()


def test_a_state_of_an_unknown_format_is_rebuilt(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    cycles.states["files"] = State("files", "files.next", 0, b"?")
    DeltaTable(uri).delete("id <= 2")
    assert cycles.run().snapshot.rows == 3


def test_a_damaged_state_is_rebuilt(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    damaged = cycles.states["files"]
    cycles.states["files"] = State("files", damaged.format, damaged.version, damaged.blob[:40])
    DeltaTable(uri).delete("id <= 2")
    assert cycles.run().snapshot.rows == 3


def test_a_state_behind_the_cursor_is_rebuilt(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    old = dict(cycles.states)
    DeltaTable(uri).delete("id = 1")
    cycles.run()
    cycles.states = old
    DeltaTable(uri).delete("id = 2")
    tail = cycles.run()
    assert changes(tail) == [(2, 0, 0, 1)]
    assert tail.snapshot.rows == 3


def test_commits_cleaned_past_the_cursor_are_a_gap_and_counting_goes_on(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    for number in range(6, 10):
        write_deltalake(uri, rows(number, number), mode="append")
    DeltaTable(uri).create_checkpoint()
    write_deltalake(uri, rows(10, 11), mode="append")
    for file in log_files(uri)[:4]:
        file.unlink()
    tail = cycles.run()
    assert kinds(tail) == ["log_cleaned"]
    assert tail.events[0].key == "1-3"
    assert not tail.recreated
    assert changes(tail) == [(4, 1, 0, 0), (5, 2, 0, 0)]
    assert tail.snapshot.rows == 11


def test_a_cleaned_cursor_commit_with_nothing_lost_is_no_gap(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    write_deltalake(uri, rows(6, 6), mode="append")
    DeltaTable(uri).create_checkpoint()
    log_files(uri)[0].unlink()
    tail = cycles.run()
    assert (kinds(tail), changes(tail), tail.snapshot.rows) == ([], [(1, 1, 0, 0)], 6)


def test_a_table_recreated_under_the_same_path_is_told_and_counted_anew(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    write_deltalake(uri, rows(6, 6), mode="append")
    cycles = Cycles(uri)
    cycles.run()
    shutil.rmtree(uri)
    write_deltalake(uri, rows(1, 2))
    tail = cycles.run()
    assert (kinds(tail), tail.recreated, tail.first) == (["recreated"], True, False)
    assert changes(tail) == [(0, 2, 0, 0)]
    assert tail.snapshot.rows == 2


def test_a_recreated_table_with_more_commits_than_the_cursor_is_told_by_its_content(
    uri: str,
) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    shutil.rmtree(uri)
    write_deltalake(uri, rows(1, 2))
    write_deltalake(uri, rows(3, 3), mode="append")
    tail = cycles.run()
    assert (kinds(tail), tail.recreated) == (["recreated"], True)
    assert changes(tail) == [(0, 2, 0, 0), (1, 1, 0, 0)]


def test_a_touched_commit_file_with_the_same_content_is_the_same_commit(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    os.utime(log_files(uri)[0], (1_700_000_000, 1_700_000_000))
    tail = cycles.run()
    assert (tail.recreated, kinds(tail), tail.commits) == (False, [], ())


def test_a_replaced_table_is_an_event_and_no_gap(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri)
    cycles.run()
    DeltaTable.create(uri, schema=DeltaTable(uri).schema(), mode="overwrite")
    tail = cycles.run()
    assert kinds(tail) == ["replaced"]
    assert not tail.recreated
    assert changes(tail) == [(1, 0, 0, 5)]
    assert tail.snapshot.rows == 0


def test_switching_the_feed_off_and_on_is_an_event_each(uri: str) -> None:
    write_deltalake(uri, rows(1, 5), configuration=FEED)
    cycles = Cycles(uri)
    cycles.run()
    for value in ("false", "true"):
        DeltaTable(uri).alter.set_table_properties({"delta.enableChangeDataFeed": value})
    tail = cycles.run()
    assert kinds(tail) == ["feed_off", "feed_on"]
    assert changes(tail) == [(1, 0, 0, 0), (2, 0, 0, 0)]


def test_an_update_by_delta_rs_is_counted_by_its_change_feed(uri: str) -> None:
    write_deltalake(uri, rows(1, 5), configuration=FEED)
    DeltaTable(uri).update(updates={"name": "'row 1'"}, predicate="id <= 3")
    fact = Cycles(uri).run().commits[1]
    assert (fact.inserted, fact.updated, fact.deleted) == (0, 2, 0)
    assert (fact.source, fact.exact, fact.reason) == ("feed", True, "")


def test_the_same_update_log_only_keeps_its_log_number_and_says_so(uri: str) -> None:
    write_deltalake(uri, rows(1, 5), configuration=FEED)
    DeltaTable(uri).update(updates={"name": "'row 1'"}, predicate="id <= 3")
    fact = Cycles(uri, log_only=True).run().commits[1]
    assert (fact.inserted, fact.updated, fact.deleted) == (0, 3, 0)
    assert (fact.source, fact.exact, fact.reason) == ("log", False, "delta_rs_update")


def test_a_vacuumed_change_file_is_an_event_and_an_inexact_count(uri: str) -> None:
    write_deltalake(uri, rows(1, 5), configuration=FEED)
    DeltaTable(uri).update(updates={"name": "'row 1'"}, predicate="id <= 3")
    shutil.rmtree(Path(uri, "_change_data"))
    tail = Cycles(uri).run()
    fact = tail.commits[1]
    assert kinds(tail) == ["feed_vacuumed"]
    assert (fact.updated, fact.exact, fact.reason) == (3, False, "vacuumed")


def test_a_commit_from_the_future_is_a_clock_skew_event(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    cycles = Cycles(uri, now=datetime.now(UTC) - timedelta(days=1))
    assert kinds(cycles.run()) == [EventKind.CLOCK_SKEW]


def test_rows_that_statistics_lack_come_from_footers_unless_log_only(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    strip_statistics(log_files(uri)[0])
    with_footers, log_only = Cycles(uri).run(), Cycles(uri, log_only=True).run()
    assert (with_footers.snapshot.rows, changes(with_footers)) == (5, [(0, 5, 0, 0)])
    assert log_only.snapshot.rows is None
    assert [p.what for p in log_only.problems] == ["rows"]


def test_rows_unknown_to_a_log_only_cycle_are_looked_up_when_data_may_be_read(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))
    strip_statistics(log_files(uri)[0])
    cycles = Cycles(uri, log_only=True)
    cycles.run()
    cycles.log_only = False
    assert cycles.run().snapshot.rows == 5


def strip_statistics(commit: Path, metrics: bool = True) -> None:
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    for action in actions:
        action.get("add", {}).pop("stats", None)
        if metrics:
            action.get("commitInfo", {}).pop("operationMetrics", None)
    commit.write_text("\n".join(map(json.dumps, actions)))


def test_the_newest_event_time_comes_from_statistics(uri: str) -> None:
    write_deltalake(uri, timed(NOW, NOW - timedelta(hours=1)))
    write_deltalake(uri, timed(NOW - timedelta(hours=2), None), mode="append")
    cycles = Cycles(uri, event="at")
    cycles.run()
    assert cycles.event_time() == EventTime(NOW)


def test_the_newest_event_time_falls_when_its_file_is_removed(uri: str) -> None:
    write_deltalake(uri, timed(NOW - timedelta(hours=2)))
    write_deltalake(uri, timed(NOW), mode="append")
    cycles = Cycles(uri, event="at")
    cycles.run()
    DeltaTable(uri).delete("at > '2026-03-02T11:00:00Z'")
    cycles.run()
    assert cycles.event_time() == EventTime(NOW - timedelta(hours=2))


def test_no_value_at_all_is_no_time_and_no_problem(uri: str) -> None:
    write_deltalake(uri, timed(None, None))
    cycles = Cycles(uri, event="at")
    cycles.run()
    assert cycles.event_time() == EventTime(None)


def test_an_unproven_event_time_is_scanned_only_where_allowed(uri: str) -> None:
    write_deltalake(uri, timed(NOW))
    write_deltalake(uri, timed(NOW - timedelta(hours=2)), mode="append")
    strip_statistics(log_files(uri)[0])
    cycles = Cycles(uri, event="at")
    cycles.run()
    unproven = cycles.event_time()
    assert unproven.at is None
    assert "files carry no statistics of it" in unproven.reason
    assert "scan: true" in unproven.mend
    assert cycles.event_time(scan=True) == EventTime(NOW, source="scan")


def test_an_event_column_that_is_missing_or_no_time_says_so(uri: str) -> None:
    write_deltalake(uri, rows(1, 2))
    for column in ("id", "nothing"):
        cycles = Cycles(uri, event=column)
        cycles.run()
        found = cycles.event_time(scan=True)
        assert found.at is None
        assert found.reason == f"the table has no timestamp or date column {column!r}"


def broken_table(uri: str, name: str) -> None:
    write_deltalake(uri, rows(1, 5))
    write_deltalake(uri, rows(6, 6), mode="append")
    write_deltalake(uri, rows(7, 7), mode="append")
    first, second, third = log_files(uri)
    if name == "truncated":
        third.write_text(third.read_text()[:-40])
    elif name == "hole":
        second.unlink()
    elif name == "empty commit":
        third.write_text("")
    elif name == "catalog managed":
        add_feature(first, "catalogManaged")
    elif name == "unknown feature":
        add_feature(first, "timeTravelByDream")
    elif name == "no start":
        first.unlink()
    elif name == "empty log":
        for file in (first, second, third):
            file.unlink()
    elif name == "not utf-8":
        third.write_bytes(b'{"add":"\xff\xfe"}')


def add_feature(commit: Path, feature: str) -> None:
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": [feature],
                "writerFeatures": [feature],
            }
    commit.write_text("\n".join(map(json.dumps, actions)))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("truncated", "broken log: _delta_log/00000000000000000002.json:"),
        ("hole", "lacks version 1, and no later checkpoint"),
        ("empty commit", "_delta_log/00000000000000000002.json is empty"),
        ("catalog managed", "managed by its catalog (catalogManaged)"),
        ("unknown feature", "unknown reader features: timeTravelByDream"),
        ("no start", "lacks version 0, and no later checkpoint"),
        ("empty log", "is not a Delta table"),
        ("not utf-8", "is not JSON"),
    ],
)
def test_a_table_that_cannot_be_read_says_why_and_how_to_mend_it(
    uri: str, name: str, reason: str
) -> None:
    broken_table(uri, name)
    with pytest.raises(UnreadableError) as caught:
        Cycles(uri).run()
    assert reason in caught.value.reason
    assert caught.value.mend


@pytest.mark.parametrize("what", ["missing", "empty", "file"])
def test_a_path_that_is_no_table_says_so(tmp_path: Path, what: str) -> None:
    path = tmp_path / "somewhere"
    if what == "empty":
        path.mkdir()
    elif what == "file":
        path.write_text("?")
    with pytest.raises(UnreadableError) as caught:
        Cycles(str(path)).run()
    assert str(path) in caught.value.reason
    assert caught.value.mend


def test_a_hole_before_a_checkpoint_leaves_the_rows_exact(uri: str) -> None:
    for number in range(4):
        write_deltalake(uri, rows(number, number), mode="append")
    DeltaTable(uri).create_checkpoint()
    write_deltalake(uri, rows(4, 4), mode="append")
    log_files(uri)[1].unlink()
    tail = Cycles(uri).run()
    assert [fact.version for fact in tail.commits] == [0, 2, 3, 4]
    assert tail.snapshot.rows == 5


def test_a_corrupt_checkpoint_is_passed_over_where_commits_tell_the_same(uri: str) -> None:
    for number in range(3):
        write_deltalake(uri, rows(number, number), mode="append")
    DeltaTable(uri).create_checkpoint()
    checkpoint = next(Path(uri, "_delta_log").glob("*.checkpoint.parquet"))
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    Path(uri, "_delta_log", "_last_checkpoint").write_text("{nonsense")
    assert Cycles(uri).run().snapshot.rows == 3


def test_the_newest_commits_alone_are_counted_from_a_checkpoint(uri: str) -> None:
    for number in range(6):
        write_deltalake(uri, rows(number, number), mode="append")
        if number == 3:
            DeltaTable(uri).create_checkpoint()
    source = EmbeddedTable(uri, {}, Access(Inline()), NOW)
    tail = asyncio.run(source.last(2))
    assert changes(tail) == [(4, 1, 0, 0), (5, 1, 0, 0)]
    assert tail.snapshot.rows == 6


def test_two_monitors_of_one_cycle_share_one_read(uri: str) -> None:
    write_deltalake(uri, rows(1, 5))

    async def twice() -> tuple[Any, ...]:
        source = EmbeddedTable(uri, {}, Access(Inline()), NOW)
        one, two = await source.tail(None), await source.tail(None)
        return one, two, source.cost.requests

    one, two, requests = asyncio.run(twice())
    assert one is two
    assert requests == 2


def updated_by_delta_rs(uri: str, times: int) -> None:
    write_deltalake(uri, rows(1, 5), configuration=FEED)
    for number in range(times):
        DeltaTable(uri).update(updates={"name": f"'{number}'"}, predicate="id <= 3")


class Refusing(Inline):
    """Work whose storage answers with an error."""

    async def call(self, function: Callable[[*Args], T], *args: *Args, timeout: float) -> T:
        commits: Any = cast("tuple[Any, ...]", args)[1]
        refused: Any = [Answer(trouble="503 SlowDown", unavailable=True) for _ in commits]
        return cast("T", refused)


class Losing(Inline):
    """A worker that is lost whenever its work contains version 2."""

    async def call(self, function: Callable[[*Args], T], *args: *Args, timeout: float) -> T:
        commits: Any = cast("tuple[Any, ...]", args)[1]
        if any(commit.version == 2 for commit in commits):
            raise UnavailableError("the worker was lost", "give it more memory")
        return function(*args)


def read_with(caller: Inline, uri: str, *, once: bool = False) -> Tail:
    table = EmbeddedTable(uri, {}, Access(caller, once=once), datetime.now(UTC))
    return asyncio.run(table.tail(None))


def test_a_storage_that_fails_on_change_data_fails_the_read_so_that_nothing_is_lost(
    uri: str,
) -> None:
    updated_by_delta_rs(uri, 1)
    with pytest.raises(UnavailableError, match="503 SlowDown"):
        read_with(Refusing(), uri)


def test_a_single_look_marks_what_the_storage_refused(uri: str) -> None:
    updated_by_delta_rs(uri, 1)
    fact = read_with(Refusing(), uri, once=True).commits[1]
    assert (fact.updated, fact.exact, fact.reason) == (3, False, "unreadable_feed")


def test_a_commit_that_is_too_much_for_a_worker_costs_only_its_own_count(uri: str) -> None:
    updated_by_delta_rs(uri, 3)
    found = read_with(Losing(), uri).commits[1:]
    assert [(f.source, f.exact, f.reason) for f in found] == [
        ("feed", True, ""),
        ("log", False, "unreadable_feed"),
        ("feed", True, ""),
    ]


def test_live_files_are_told_the_same_from_the_log_and_from_what_was_kept(uri: str) -> None:
    write_deltalake(uri, rows(1, 5), partition_by=["id"])
    DeltaTable(uri).delete("id = 5")
    cycles = Cycles(uri)
    cycles.run()
    assert cycles.source is not None
    told = asyncio.run(cycles.source.live_files())
    assert told.column_names == ["rows", "vector", "size", "partition"]
    assert set(told["partition"].to_pylist()) == {f"id={number}" for number in range(1, 5)}
    assert told["rows"].to_pylist() == [1] * 4
    cycles.run()
    assert asyncio.run(cycles.source.live_files()).equals(told)
    assert cycles.loads == 1


def test_numbers_that_the_log_does_not_tell_are_null_among_the_live_files(tmp_path: Path) -> None:
    log = Log(tmp_path / "posts")
    log.commit(0, *BIRTH, {"add": {"path": "a", "partitionValues": {}, "dataChange": True}})
    cycles = Cycles(str(tmp_path / "posts"), log_only=True)
    cycles.run()
    assert cycles.source is not None
    (file,) = asyncio.run(cycles.source.live_files()).to_pylist()
    assert file == {"rows": None, "vector": 0, "size": None, "partition": ""}


def test_the_log_folder_tells_its_size_and_how_far_back_it_reaches(uri: str) -> None:
    for start in (1, 2, 3):
        write_deltalake(uri, rows(start, start), mode="append")
    DeltaTable(uri).create_checkpoint()
    log_files(uri)[0].unlink()
    cycles = Cycles(uri)
    cycles.run()
    assert cycles.source is not None
    folder = asyncio.run(cycles.source.log_folder())
    there = [file for file in Path(uri, "_delta_log").iterdir() if file.is_file()]
    assert (folder.files, folder.size_bytes) == (len(there), sum(f.stat().st_size for f in there))
    assert (folder.first_version, folder.checkpoint_version) == (1, 2)
    assert folder.checkpoint_at is not None
