"""Checkpoints of every kind, read from a log that keeps little else."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitors.core import Tail
from monitors.delta.log.checkpoints import Contents, load
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.tail import whole_log
from monitors.errors import UnreadableError
from monitors.storage.stores import open_store
from tests.monitors.cycles import Cycles, changes, kinds
from tests.monitors.delta.log_builder import (
    BIRTH,
    FEED,
    Log,
    add,
    metadata,
    protocol,
    remove,
    table_of,
    vector,
    without,
)

STATE = (*BIRTH, add("a", 3), add("b", 4))
SIDECAR = "016ae953-37a9-438e-8683-9a9a4a79a395.parquet"


def contents(log: Log, event: tuple[str, ...] | None = None) -> Contents:
    async def read() -> Contents:
        store = LogStore(log.uri, open_store(log.uri))
        (checkpoint,) = (await whole_log(store)).checkpoints
        return await load(store, checkpoint, lambda _: event)

    return asyncio.run(read())


def read(log: Log, **how: Any) -> Tail:
    return Cycles(log.uri, **how).run()


def classic(log: Log) -> None:
    log.checkpoint(5, *STATE)


def in_parts(log: Log) -> None:
    log.checkpoint(5, *STATE, parts=3)


def in_more_parts_than_actions(log: Log) -> None:
    log.checkpoint(5, *STATE, parts=7)


def json_manifest(log: Log) -> None:
    log.manifest(5, *STATE)


def parquet_manifest(log: Log) -> None:
    log.manifest(5, *STATE, kind="parquet")


def json_manifest_with_sidecars(log: Log) -> None:
    log.manifest(5, *BIRTH, sidecars=["one.parquet", "two.parquet"])
    log.sidecar("one.parquet", add("a", 3))
    log.sidecar("two.parquet", add("b", 4))


def parquet_manifest_with_a_sidecar_and_files_of_its_own(log: Log) -> None:
    log.manifest(5, *BIRTH, add("a", 3), kind="parquet", sidecars=[SIDECAR])
    log.sidecar(SIDECAR, add("b", 4))


def a_sidecar_spelled_out_in_full(log: Log) -> None:
    log.manifest(5, *STATE[:3], sidecars=[f"file://{log.uri}/_delta_log/_sidecars/a%20b.parquet"])
    log.sidecar("a b.parquet", add("b", 4))


def a_sidecar_named_twice(log: Log) -> None:
    log.manifest(5, *STATE[:3], sidecars=[SIDECAR, f"_delta_log/_sidecars/{SIDECAR}"])
    log.sidecar(SIDECAR, add("b", 4))


def a_file_named_twice(log: Log) -> None:
    log.checkpoint(5, *STATE, add("b", 4))


def one_that_is_complete_beside_one_that_is_not(log: Log) -> None:
    log.checkpoint(5, *STATE, parts=2)
    log.checkpoint(6, *STATE, parts=2)[1].unlink()


@pytest.mark.parametrize(
    "write",
    [
        classic,
        in_parts,
        in_more_parts_than_actions,
        json_manifest,
        parquet_manifest,
        json_manifest_with_sidecars,
        parquet_manifest_with_a_sidecar_and_files_of_its_own,
        a_sidecar_spelled_out_in_full,
        a_sidecar_named_twice,
        a_file_named_twice,
        one_that_is_complete_beside_one_that_is_not,
    ],
)
def test_a_table_is_known_from_a_checkpoint_alone(log: Log, write: Callable[[Log], None]) -> None:
    write(log)
    tail = read(log, log_only=True)
    snapshot = tail.snapshot
    assert (snapshot.version, snapshot.rows, snapshot.files, snapshot.size_bytes) == (5, 7, 2, 200)
    assert (changes(tail), kinds(tail), tail.problems) == ([], [], ())


def test_a_table_known_from_a_checkpoint_alone_is_idle_until_a_commit_comes(log: Log) -> None:
    log.checkpoint(5, *STATE)
    cycles = Cycles(log.uri, log_only=True)
    cycles.run()
    idle = cycles.run()
    assert (kinds(idle), idle.recreated, changes(idle), idle.snapshot.rows) == ([], False, [], 7)
    assert cycles.loads == 0
    log.commit(6, add("c", 5), remove("a"))
    tail = cycles.run()
    assert (kinds(tail), tail.snapshot.rows, tail.snapshot.files) == ([], 9, 2)
    assert [fact.version for fact in tail.commits] == [6]


def test_statistics_may_be_structs_only(log: Log) -> None:
    files = (
        add("a", stats_parsed={"numRecords": 3, "tightBounds": True}),
        add("b", stats_parsed={"numRecords": 4, "tightBounds": False}, deletionVector=vector(1)),
    )
    log.checkpoint(5, *BIRTH, *files)
    assert read(log, log_only=True).snapshot.rows == 6


def test_the_statistics_of_one_column_are_read_and_no_others(log: Log) -> None:
    values = {"at": 5, "other": 6, "nested": {"at": 7}}
    parsed = {"numRecords": 3, "maxValues": values, "nullCount": {"at": 0, "other": 1}}
    log.checkpoint(5, *BIRTH, add("a", stats_parsed=parsed))
    assert contents(log, ("at",)).parsed[0]["maxValues"] == {"at": 5}
    assert contents(log, ("nested", "at")).parsed[0]["maxValues"] == {"nested": {"at": 7}}
    assert "maxValues" not in contents(log).parsed[0]


def test_a_time_that_python_cannot_hold_costs_no_more_than_its_statistics(log: Log) -> None:
    beyond = pa.scalar(253_402_300_800_000_000, pa.timestamp("us", "UTC"))
    table = table_of([*BIRTH, add("a", stats_parsed={"numRecords": 3, "maxValues": {"at": 1}})])
    cell = pa.struct([("numRecords", pa.int64()), ("maxValues", pa.struct([("at", beyond.type)]))])
    column: Any = table["add"].combine_chunks()
    parsed = pa.array([None, None, {"numRecords": 3, "maxValues": {"at": beyond.value}}], cell)
    names = [field.name for field in column.type if field.name != "stats_parsed"]
    children = [*(column.field(name) for name in names), parsed]
    adds = pa.StructArray.from_arrays(children, [*names, "stats_parsed"], mask=column.is_null())
    pq.write_table(table.set_column(0, "add", adds), log.path(f"{5:020d}.checkpoint.parquet"))
    assert contents(log, ("at",)).parsed == {0: {"numRecords": 3}}


def test_without_any_statistics_rows_are_unknown_to_a_log_only_read(log: Log) -> None:
    log.checkpoint(5, *BIRTH, add("a", 3), add("b"))
    tail = read(log, log_only=True)
    assert (tail.snapshot.rows, tail.snapshot.files) == (None, 2)
    assert [problem.what for problem in tail.problems] == ["rows"]


def test_a_file_without_statistics_is_counted_by_its_footer(log: Log) -> None:
    pq.write_table(pa.table({"id": [1, 2, 3, 4]}), log.table / "b")
    log.checkpoint(5, *BIRTH, add("a", 3), add("b", size=(log.table / "b").stat().st_size))
    assert read(log).snapshot.rows == 7


def test_a_checkpoint_may_say_less_of_a_file_than_a_commit(log: Log) -> None:
    log.checkpoint(5, *BIRTH, without(add("a", 3), "dataChange", "modificationTime"))
    assert read(log).snapshot.rows == 3


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def no_parquet(file: Path) -> None:
    file.write_text('{"add": 1}')


def another_table(file: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), file)


def odd_types(file: Path) -> None:
    pq.write_table(pa.table({"add": [1], "metaData": ["x"], "protocol": [b"\xff"]}), file)


SPOILERS = [truncated, emptied, no_parquet, another_table, odd_types]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_broken_checkpoint_is_passed_over_where_an_older_one_and_commits_tell_the_same(
    log: Log, spoil: Callable[[Path], None]
) -> None:
    log.checkpoint(3, *STATE[:3])
    log.commit(4, add("b", 4))
    (file,) = log.checkpoint(4, *STATE)
    spoil(file)
    log.commit(5, add("c", 5))
    tail = read(log, log_only=True)
    assert (tail.snapshot.rows, changes(tail)) == (12, [(4, 4, 0, 0), (5, 5, 0, 0)])


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_broken_checkpoint_that_is_needed_makes_the_table_unreadable(
    log: Log, spoil: Callable[[Path], None]
) -> None:
    (file,) = log.checkpoint(4, *STATE)
    spoil(file)
    log.commit(5, add("c", 5))
    with pytest.raises(UnreadableError, match=r"broken log: .*lacks version 0") as caught:
        read(log)
    assert caught.value.mend


def test_a_missing_sidecar_is_passed_over_where_an_older_checkpoint_tells_the_same(
    log: Log,
) -> None:
    log.checkpoint(3, *STATE[:3])
    log.commit(4, add("b", 4))
    log.manifest(4, *BIRTH, sidecars=["gone.parquet"])
    assert read(log).snapshot.rows == 7


def test_a_broken_manifest_is_passed_over_where_a_classic_checkpoint_is_of_the_same_version(
    log: Log,
) -> None:
    log.manifest(5, *STATE).write_text('{"add":')
    log.checkpoint(5, *STATE)
    assert read(log).snapshot.rows == 7


def test_a_manifest_whose_actions_are_no_objects_is_broken(log: Log) -> None:
    log.manifest(5, {"add": "a"}, *STATE)
    with pytest.raises(UnreadableError, match="'add' that is not an object"):
        contents(log)


def test_the_pointer_to_the_last_checkpoint_is_not_needed(log: Log) -> None:
    log.checkpoint(5, *STATE)
    for pointer in (b"", b"{nonsense", b'{"version":99,"size":1}', b"\xff"):
        log.path("_last_checkpoint").write_bytes(pointer)
        assert read(log).snapshot.rows == 7


def test_features_and_properties_come_from_the_checkpoint(log: Log) -> None:
    features = ["deletionVectors", "v2Checkpoint"]
    head = protocol(3, 7, readerFeatures=features, writerFeatures=[*features, "changeDataFeed"])
    log.manifest(5, head, metadata(FEED), add("a", 3), kind="parquet")
    snapshot = read(log).snapshot
    assert snapshot.features == ("changeDataFeed", "deletionVectors", "v2Checkpoint")
    assert (snapshot.feed, snapshot.properties) == (True, FEED)


def test_a_checkpoint_of_a_table_we_must_not_read_is_refused(log: Log) -> None:
    asked = ["timeTravelByDream"]
    log.checkpoint(5, protocol(3, 7, readerFeatures=asked, writerFeatures=asked), metadata())
    with pytest.raises(UnreadableError, match="unknown reader features: timeTravelByDream"):
        read(log)


def test_partition_values_of_a_checkpoint_are_those_of_the_files(log: Log) -> None:
    log.checkpoint(5, *BIRTH, add("a", 3, partitionValues={"p": "x", "q": None}))
    assert contents(log).adds[0].partition == {"p": "x", "q": None}
