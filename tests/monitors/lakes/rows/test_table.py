"""New rows and live rows of real tables, and statements over both."""

import asyncio
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from monitors.errors import UnreadableError
from monitors.lakes.rows.window import Window, read_window
from tests.monitors.delta.log_builder import Log, add, cdc, info, metadata, protocol, remove, vector
from tests.monitors.delta.written import mapped, parquet, schema_string
from tests.monitors.lakes.rows.tables import NOW, append, ids, opened, rows_of, window_of


def window(folder: Path, position: str | None = None) -> Window:
    return asyncio.run(window_of(folder, position))


def new_ids(found: Window) -> list[Any]:
    with rows_of(found) as rows:
        return ids(rows.new(["id"]))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "posts"


def test_the_first_time_every_live_row_is_new(table: Path) -> None:
    append(table, [1, 2])
    append(table, [3])
    opened(table).delete("id = 1")
    found = window(table)
    assert (found.whole, found.version, found.recreated) == (True, 2, False)
    with rows_of(found) as rows:
        batches = list(rows.new(["id"]))
        assert ids(iter(batches)) == [2, 3]
        assert {v for b in batches for v in b["_commit_version"].to_pylist()} == {2}
        assert {v for b in batches for v in b["_change_type"].to_pylist()} == {"insert"}


def test_later_only_the_rows_of_later_commits_are_new(table: Path) -> None:
    append(table, [1, 2])
    position = window(table).position
    append(table, [3])
    append(table, [4, 5])
    found = window(table, position)
    assert (found.whole, found.version) == (False, 2)
    assert new_ids(found) == [3, 4, 5]
    assert new_ids(window(table, found.position)) == []


def test_an_update_gives_its_rows_as_they_are_after_it(table: Path) -> None:
    append(table, [1, 2, 3], score=[1, 2, 3])
    position = window(table).position
    opened(table).update(updates={"score": "score + 10"}, predicate="id > 1")
    with rows_of(window(table, position)) as rows:
        found = [row for batch in rows.new(["id", "score"]) for row in batch.to_pylist()]
    assert {(row["id"], row["score"]) for row in found} == {(2, 12), (3, 13)}
    assert {row["_change_type"] for row in found} == {"update_postimage"}


def test_a_row_is_judged_as_it_was_written_though_it_is_gone_by_now(table: Path) -> None:
    append(table, [1])
    position = window(table).position
    append(table, [2])
    opened(table).delete("id = 2")
    assert new_ids(window(table, position)) == [2]


def test_without_a_feed_appends_give_their_rows(table: Path) -> None:
    append(table, [1], feed=False)
    position = window(table).position
    append(table, [2], feed=False)
    found = window(table, position)
    assert new_ids(found) == [2]
    assert found.left_out == ()


def test_without_a_feed_an_overwrite_gives_its_rows(table: Path) -> None:
    append(table, [1], feed=False)
    position = window(table).position
    write_deltalake(table, pa.table({"id": pa.array([7, 8], pa.int64())}), mode="overwrite")
    assert new_ids(window(table, position)) == [7, 8]


@pytest.mark.parametrize(("operation", "name"), [("update", "UPDATE"), ("delete", "DELETE")])
def test_without_a_feed_a_commit_that_rewrites_is_left_out(
    table: Path, operation: str, name: str
) -> None:
    append(table, [1, 2, 3], feed=False)
    position = window(table).position
    if operation == "update":
        opened(table).update(updates={"id": "id + 10"}, predicate="id = 1")
    else:
        opened(table).delete("id = 1")
    append(table, [4], feed=False)
    found = window(table, position)
    assert new_ids(found) == [4]
    (left_out,) = found.left_out
    assert left_out.reason.startswith(f"version 1 ({name}) rewrote files")
    assert "delta.enableChangeDataFeed = true" in left_out.mend
    assert not left_out.error


def test_a_part_overwritten_without_a_feed_is_left_out(table: Path) -> None:
    append(table, [1, 2], feed=False)
    position = window(table).position
    rows = pa.table({"id": pa.array([2], pa.int64())})
    write_deltalake(table, rows, mode="overwrite", predicate="id = 2")
    found = window(table, position)
    assert [left.reason[:17] for left in found.left_out] == ["version 1 (WRITE)"]


def test_maintenance_gives_no_rows(table: Path) -> None:
    for number in range(3):
        append(table, [number], feed=False)
    position = window(table).position
    opened(table).optimize.compact()
    found = window(table, position)
    assert (new_ids(found), found.left_out) == ([], ())
    assert found.version == 3


def test_a_feed_that_was_switched_on_counts_from_there(table: Path) -> None:
    append(table, [1, 2], feed=False)
    position = window(table).position
    opened(table).update(updates={"id": "id + 10"}, predicate="id = 1")
    opened(table).alter.set_table_properties({"delta.enableChangeDataFeed": "true"})
    opened(table).update(updates={"id": "id + 10"}, predicate="id = 2")
    found = window(table, position)
    assert new_ids(found) == [12]
    assert [left.reason[:18] for left in found.left_out] == ["version 1 (UPDATE)"]


def test_another_table_in_its_place_is_judged_whole(table: Path) -> None:
    append(table, [1])
    position = window(table).position
    for file in sorted(table.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    append(table, [5, 6])
    found = window(table, position)
    assert (found.whole, found.recreated) == (True, True)
    assert new_ids(found) == [5, 6]


def test_commits_that_left_the_log_are_named(table: Path) -> None:
    append(table, [1])
    position = window(table).position
    for number in range(2, 6):
        append(table, [number])
    opened(table).create_checkpoint()
    for version in range(3):
        (table / "_delta_log" / f"{version:020d}.json").unlink()
    found = window(table, position)
    assert found.gap is not None
    assert found.gap.reason.startswith("versions 1 to 2 ")
    assert new_ids(found) == [4, 5]


def test_a_vacuumed_change_file_is_an_error_that_names_its_version(table: Path) -> None:
    append(table, [1, 2])
    position = window(table).position
    opened(table).update(updates={"id": "id + 10"}, predicate="id = 1")
    append(table, [3])
    for file in (table / "_change_data").iterdir():
        file.unlink()
    with rows_of(window(table, position)) as rows:
        assert ids(rows.new(["id"])) == [3]
        (unread,) = rows.left_out
    assert unread.error
    assert "version 1" in unread.reason
    assert "vacuumed" in unread.reason
    assert unread.mend


def test_a_missing_live_file_is_an_error_and_no_row_is_judged(table: Path) -> None:
    append(table, [1])
    next(table.glob("*.parquet")).unlink()
    with rows_of(window(table)) as rows:
        with pytest.raises(UnreadableError, match="vacuumed"):
            list(rows.new(["id"]))
        assert rows.lost is not None


def test_a_deletion_vector_alone_makes_no_row_new(table: Path) -> None:
    log = Log(table)
    size = parquet(table, "a", pa.table({"id": pa.array([1, 2, 3], pa.int64())}))
    log.commits(
        [protocol(), metadata(), add("a", 3, size=size)],
        [info("DELETE"), remove("a"), add("a", 3, size=size, deletionVector=vector(1))],
    )
    first = window(table)
    assert new_ids(first) == [1, 3]
    log.commit(
        2,
        info("DELETE"),
        remove("a", deletionVector=vector(1)),
        add("a", 3, size=size, deletionVector=vector(1, 2)),
    )
    found = window(table, first.position)
    assert (new_ids(found), found.left_out) == ([], ())


def test_an_update_by_deletion_vector_gives_its_rows_without_a_feed(table: Path) -> None:
    log = Log(table)
    size = parquet(table, "a", pa.table({"id": pa.array([1, 2, 3], pa.int64())}))
    log.commits([protocol(), metadata(), add("a", 3, size=size)])
    position = window(table).position
    new = parquet(table, "b", pa.table({"id": pa.array([12], pa.int64())}))
    log.commit(
        1,
        info("UPDATE"),
        remove("a"),
        add("a", 3, size=size, deletionVector=vector(1)),
        add("b", 1, size=new),
    )
    found = window(table, position)
    assert (new_ids(found), found.left_out) == ([12], ())


def test_rows_that_a_restore_brings_back_are_new(table: Path) -> None:
    append(table, [1, 2])
    opened(table).delete("id = 1")
    position = window(table).position
    opened(table).restore(0)
    assert 1 in new_ids(window(table, position))


def test_a_change_file_decides_which_rows_are_new(table: Path) -> None:
    log = Log(table)
    rows = pa.table({"id": pa.array([1, 2, 3, 4], pa.int64())})
    size = parquet(table, "a", rows)
    log.commits([protocol(), metadata({"delta.enableChangeDataFeed": "true"})])
    position = window(table).position
    kinds = ["insert", "delete", "update_preimage", "update_postimage"]
    parquet(table, "c", rows.append_column("_change_type", pa.array(kinds)))
    log.commit(1, info("MERGE"), add("a", 4, size=size), cdc("c"))
    assert new_ids(window(table, position)) == [1, 4]


def test_partitions_come_from_the_log(table: Path) -> None:
    rows = pa.table({"id": pa.array([1, 2], pa.int64()), "day": ["a b", "c%d"]})
    write_deltalake(table, rows, partition_by=["day"])
    with rows_of(window(table)) as found:
        told = [row for batch in found.new(["day", "id"]) for row in batch.to_pylist()]
    assert {(row["id"], row["day"]) for row in told} == {(1, "a b"), (2, "c%d")}


def test_a_column_that_came_later_is_null_before(table: Path) -> None:
    append(table, [1])
    position = window(table).position
    append(table, [2])
    append(table, [3], label=["x"])
    with rows_of(window(table, position)) as rows:
        found = rows.query("select id, label from new_rows order by id").to_pylist()
    assert found == [{"id": 2, "label": None}, {"id": 3, "label": "x"}]


def test_statements_see_new_rows_live_rows_and_other_tables(table: Path, tmp_path: Path) -> None:
    append(table, [1, 2])
    position = window(table).position
    append(table, [2, 3])
    append(tmp_path / "parents", [2])
    others = {"silver.parents": window(tmp_path / "parents")}
    with rows_of(window(table, position), others=others) as rows:
        counts = rows.query(
            "select (select count(*) from new_rows) as new, (select count(*) from whole) as live,"
            " (select count(*) from `silver.parents`) as quoted,"
            " (select count(parents.id) from silver.parents) as dotted,"
            " (select count(*) from posts) as own"
        ).to_pylist()
    assert counts == [{"new": 2, "live": 4, "quoted": 1, "dotted": 1, "own": 4}]


def test_one_read_serves_batches_and_statements(table: Path) -> None:
    append(table, [1, 2], score=[1, 2])
    with rows_of(window(table)) as rows:
        rows.expect(["select sum(score) as s from new_rows"])
        assert ids(rows.new(["id"])) == [1, 2]
        for file in table.glob("*.parquet"):
            file.unlink()
        assert rows.query("select sum(score) as s from new_rows").to_pylist() == [{"s": 3}]
        assert rows.query("select count(*) as c from whole").to_pylist() == [{"c": 2}]


def test_rows_that_were_not_read_to_their_end_are_read_again_for_statements(table: Path) -> None:
    append(table, [1])
    append(table, [2])
    with rows_of(window(table), batch_rows=1) as rows:
        rows.expect(["select count(*) from new_rows"])
        batches = rows.new(["id"])
        next(batches)
        del batches
        assert rows.query("select count(*) as c from new_rows").to_pylist() == [{"c": 2}]


def test_a_statement_that_was_not_announced_is_answered_all_the_same(table: Path) -> None:
    append(table, [1, 2], score=[3, 4])
    with rows_of(window(table)) as rows:
        assert rows.query("select max(id) as m from new_rows").to_pylist() == [{"m": 2}]
        assert rows.query("select max(score) as m from new_rows").to_pylist() == [{"m": 4}]
        assert rows.query("select id, score from whole where id = 1").to_pylist() == [
            {"id": 1, "score": 3}
        ]


def test_values_are_parameters(table: Path) -> None:
    append(table, [1, 2, 3])
    with rows_of(window(table)) as rows:
        sql = "select count(*) as c from new_rows where id >= :least"
        assert rows.query(sql, {"least": 2, "unused": 9}).to_pylist() == [{"c": 2}]
        with pytest.raises(UnreadableError, match=":least, which has no value"):
            rows.query(sql)


def test_a_table_that_nobody_declared_is_refused(table: Path) -> None:
    append(table, [1])
    with rows_of(window(table)) as rows, pytest.raises(UnreadableError, match="no declared table"):
        rows.query("select * from sqlite_master")


def test_types_survive(table: Path) -> None:
    rows = pa.table(
        {
            "id": pa.array([1], pa.int64()),
            "amount": pa.array([Decimal("12345678901234567.89")], pa.decimal128(19, 2)),
            "at": pa.array([NOW], pa.timestamp("us", "UTC")),
            "local": pa.array([NOW.replace(tzinfo=None)], pa.timestamp("us")),
            "tags": pa.array([["a", None]], pa.list_(pa.string())),
            "by": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
            "who": pa.array(
                [{"a": 1, "b": None}], pa.struct([("a", pa.int32()), ("b", pa.string())])
            ),
            "raw": pa.array([b"\x00\xff"], pa.binary()),
        }
    )
    write_deltalake(table, rows)
    with rows_of(window(table)) as found:
        (row,) = found.query("select * from whole").to_pylist()
    assert row == rows.to_pylist()[0]


def test_a_type_that_sql_cannot_read_is_named_only_where_it_is_asked_for(table: Path) -> None:
    schema = schema_string(("id", "long"), ("v", "variant"), ("i", "interval day"))
    size = parquet(table, "a", pa.table({"id": pa.array([1], pa.int64())}))
    features = ["variantType"]
    log = Log(table)
    log.commits(
        [
            protocol(3, 7, readerFeatures=features, writerFeatures=features),
            metadata(schema=schema),
            add("a", 1, size=size),
        ]
    )
    with rows_of(window(table)) as rows:
        assert rows.query("select count(id) as c from whole").to_pylist() == [{"c": 1}]
        assert rows.schema().names == ["id", "v", "i"]
        with pytest.raises(UnreadableError, match="'v' is a variant"):
            rows.query("select v from whole")
        with pytest.raises(UnreadableError, match="'i' has the type 'interval day'"):
            rows.query("select i from new_rows")


def test_a_window_needs_a_table(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="not a Delta table"):
        asyncio.run(read_window(str(tmp_path), {}, None, NOW))
    with pytest.raises(UnreadableError):
        asyncio.run(read_window(str(tmp_path), {}, json.dumps({"version": 3}), NOW))


def test_column_mapping_names_are_the_logical_ones(table: Path) -> None:
    schema = schema_string(("id", "long", mapped("col-1", 1)))
    properties = {"delta.columnMapping.mode": "name", "delta.enableChangeDataFeed": "true"}
    size = parquet(table, "a", pa.table({"col-1": pa.array([1, 2], pa.int64())}))
    Log(table).commits([protocol(2, 5), metadata(properties, schema), add("a", 2, size=size)])
    with rows_of(window(table)) as rows:
        assert ids(rows.new(["ID"])) == [1, 2]
        assert rows.query("select sum(Id) as s from new_rows").to_pylist() == [{"s": 3}]


def test_an_old_version_is_read_though_newer_ones_are_there(table: Path) -> None:
    append(table, [1])
    found = window(table)
    append(table, [2])
    opened(table).delete("id = 1")
    assert new_ids(found) == [1]
    assert DeltaTable(table).version() == 2


TABLES = os.environ.get("LIMNOGRAPH_TEST_TABLES")


@pytest.mark.skipif(not TABLES, reason="LIMNOGRAPH_TEST_TABLES names no folder")
def test_tables_of_other_writers_have_the_rows_that_delta_rs_finds() -> None:
    compared = 0
    for log in sorted(Path(str(TABLES)).rglob("_delta_log")):
        counted = pa.table(DeltaTable(log.parent).scan()).num_rows
        with rows_of(window(log.parent)) as rows:
            assert sum(batch.num_rows for batch in rows.new([])) == counted, log.parent
            assert rows.query("select count(*) as c from whole").to_pylist() == [{"c": counted}]
        compared += 1
    assert compared
