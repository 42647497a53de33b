"""The change feed of commits, row by row."""

import os
import pickle
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from monitors.delta.feed.changes import changes, count_rows, feed_schema
from monitors.delta.feed.commits import ChangedCommit, ChangedFile, Table
from monitors.delta.feed.counts import count_changes
from monitors.delta.feed.deletion_vectors import Vector
from monitors.delta.schema import Array, Field, MapOf, Primitive, Schema, Struct
from monitors.errors import UnreadableError
from monitors.storage.stores import VacuumedError
from tests.monitors.delta.written import AT, commits, in_file, inline, parquet

LONG, TEXT = Primitive("long"), Primitive("string")
ID = Field("id", LONG, "id")
FEED = {"delta.enableChangeDataFeed": "true"}


def of(folder: Path, *fields: Field, partitions: tuple[str, ...] = ()) -> Table:
    return Table(str(folder), Schema(fields or (ID,)), partitions)


def commit(**files: tuple[ChangedFile, ...]) -> ChangedCommit:
    return ChangedCommit(7, AT, **files)


def rows(
    table: Table, commit: ChangedCommit, columns: list[str] | None = None
) -> list[tuple[Any, ...]]:
    """The feed as (change type, values ...), sorted."""
    found = [row for batch in changes(table, commit, columns) for row in batch.to_pylist()]
    added = {"_change_type", "_commit_version", "_commit_timestamp"}
    assert all(
        (r["_commit_version"], r["_commit_timestamp"]) == (commit.version, commit.at) for r in found
    )
    plain = [
        (row["_change_type"], *(value for name, value in row.items() if name not in added))
        for row in found
    ]
    return sorted(plain, key=repr)


def numbers(*values: int) -> pa.Table:
    return pa.table({"id": pa.array(values, pa.int64())})


# What delta-rs writes, against its own change feed.


@pytest.mark.parametrize("partition_by", [None, ["place"]])
def test_the_feed_is_that_of_deltalake_where_deltalake_is_right(
    tmp_path: Path, partition_by: list[str] | None
) -> None:
    uri = str(tmp_path / "t")

    def batch(*ids: int) -> pa.Table:
        places = ["here" if n % 2 else "there" for n in ids]
        return pa.table({"id": ids, "place": places, "day": [date(2024, 1, n) for n in ids]})

    write_deltalake(uri, batch(1, 2, 3, 4), partition_by=partition_by, configuration=FEED)
    write_deltalake(uri, batch(5, 6), mode="append")
    DeltaTable(uri).update(updates={"id": "id + 10"}, predicate="id in (2, 5)")
    DeltaTable(uri).delete("id = 3")
    merge = DeltaTable(uri).merge(batch(1, 4, 7), "t.id = s.id", "s", "t")
    merge.when_matched_delete(
        "s.id = 1"
    ).when_matched_update_all().when_not_matched_insert_all().execute()
    DeltaTable(uri).delete()
    write_deltalake(uri, batch(8), mode="append")
    write_deltalake(uri, batch(9, 10), mode="overwrite")
    DeltaTable(uri).optimize.compact()

    for change, table in commits(Path(uri)):
        feed = pa.table(DeltaTable(uri).load_cdf(change.version, change.version)).to_pylist()
        theirs = [(r["_change_type"], r["id"], r["place"], r["day"]) for r in feed]
        assert rows(table, change) == sorted(theirs, key=repr)
        assert count_changes(table, change).rows == count_rows(table, change)


def test_partition_values_and_paths_that_need_escapes(tmp_path: Path) -> None:
    uri = str(tmp_path / "a b")
    values = ["a b", "c:d", "50%", "ä/ö", "e=f", "%41", None]
    data = pa.table({"id": range(7), "place": values})
    write_deltalake(uri, data, partition_by=["place"], configuration=FEED)
    DeltaTable(uri).update(updates={"id": "id + 10"}, predicate="id in (1, 5)")
    DeltaTable(uri).delete("id = 2")
    first, second, third = commits(Path(uri))
    inserted = [("insert", n, place) for n, place in enumerate(values)]
    assert rows(first[1], first[0]) == sorted(inserted, key=repr)
    assert rows(second[1], second[0]) == [
        ("update_postimage", 11, "c:d"),
        ("update_postimage", 15, "%41"),
        ("update_preimage", 1, "c:d"),
        ("update_preimage", 5, "%41"),
    ]
    assert rows(third[1], third[0]) == [("delete", 2, "50%")]


def test_timestamp_partitions_are_typed(tmp_path: Path) -> None:
    moment = datetime(2024, 3, 1, 10, 30, 0, 123456, UTC)
    data = pa.table({"id": [1, 2], "at": pa.array([moment, None], pa.timestamp("us", "UTC"))})
    write_deltalake(tmp_path, data, partition_by=["at"], configuration=FEED)
    ((change, table),) = commits(tmp_path)
    assert rows(table, change) == [("insert", 1, moment), ("insert", 2, None)]


@pytest.mark.parametrize("mode", ["name", "id"])
def test_mapped_columns_come_under_their_logical_names(tmp_path: Path, mode: str) -> None:
    configuration = FEED | {"delta.columnMapping.mode": mode}
    data = pa.table({"id": [1, 2], "s": [{"a b": 1}, None], "place": ["x", None]})
    write_deltalake(tmp_path, data, partition_by=["place"], configuration=configuration)
    ((change, table),) = commits(tmp_path)
    assert table.schema.mapping == mode
    assert table.schema.fields[0].physical_name != "id"
    assert rows(table, change) == [("insert", 1, {"a b": 1}, "x"), ("insert", 2, None, None)]
    assert rows(table, change, ["place"]) == [("insert", "x"), ("insert", None)]


# Files written one by one.


def test_added_rows_are_inserted_and_removed_rows_deleted(tmp_path: Path) -> None:
    parquet(tmp_path, "new", numbers(1, 2))
    parquet(tmp_path, "old", numbers(3))
    change = commit(adds=(ChangedFile("new"),), removes=(ChangedFile("old"),))
    assert rows(of(tmp_path), change) == [("delete", 3), ("insert", 1), ("insert", 2)]


def test_where_there_are_cdc_files_nothing_else_is_read(tmp_path: Path) -> None:
    recorded = pa.table({"id": [1, 1], "_change_type": ["update_preimage", "update_postimage"]})
    parquet(tmp_path, "_change_data/c", recorded)
    change = commit(
        adds=(ChangedFile("gone", rows=5),),
        removes=(ChangedFile("gone too", rows=5),),
        cdc=(ChangedFile("_change_data/c"),),
    )
    assert rows(of(tmp_path), change) == [("update_postimage", 1), ("update_preimage", 1)]


def test_deleted_rows_of_a_vector_are_neither_inserted_nor_deleted(tmp_path: Path) -> None:
    parquet(tmp_path, "a", numbers(10, 11, 12, 13))
    parquet(tmp_path, "b", numbers(20, 21, 22, 23))
    change = commit(
        adds=(ChangedFile("a", vector=inline(0, 3)),),
        removes=(ChangedFile("b", vector=in_file(tmp_path, 1, 1, 2, 3)),),
    )
    assert rows(of(tmp_path), change) == [("delete", 20), ("insert", 11), ("insert", 12)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((), (1, 3), [("delete", 11), ("delete", 13)]),
        ((1,), (1, 3), [("delete", 13)]),
        ((1, 3), (), [("insert", 11), ("insert", 13)]),
        ((1, 3), (1,), [("insert", 13)]),
        ((0, 1), (1, 2), [("delete", 12), ("insert", 10)]),
        ((1, 3), (1, 3), []),
    ],
)
def test_of_a_file_that_stays_the_difference_of_its_vectors_changed(
    tmp_path: Path, before: tuple[int, ...], after: tuple[int, ...], expected: list[tuple[str, int]]
) -> None:
    parquet(tmp_path, "p=a b/f", numbers(10, 11, 12, 13))
    old, new = (inline(*p) if p else None for p in (before, after))
    change = commit(
        removes=(ChangedFile("p=a%20b/f", vector=old),),
        adds=(ChangedFile("p=a b/f", vector=new),),
    )
    assert rows(of(tmp_path), change) == expected
    counted = count_changes(of(tmp_path), change).rows
    assert counted == {
        "update_preimage": 0,
        "update_postimage": 0,
        "insert": sum(kind == "insert" for kind, _ in expected),
        "delete": sum(kind == "delete" for kind, _ in expected),
    }


def test_positions_count_across_row_groups_and_batches(tmp_path: Path) -> None:
    parquet(tmp_path, "f", numbers(*range(1000)), row_group_size=97)
    gone = tuple(sorted({*range(0, 1000, 13), *range(97, 194), 193, 194, 999}))
    kept = [n for n in range(1000) if n not in gone]
    table, whole = of(tmp_path), commit(adds=(ChangedFile("f", vector=inline(*gone)),))
    swap = commit(removes=(ChangedFile("f"),), adds=(ChangedFile("f", vector=inline(*gone)),))
    for size in (1, 10, 64, 97, 5000):
        live = list(changes(table, whole, batch_rows=size))
        assert [n for batch in live for n in batch["id"].to_pylist()] == kept
        assert max(batch.num_rows for batch in live) <= size
        dead = [n for b in changes(table, swap, batch_rows=size) for n in b["id"].to_pylist()]
        assert dead == list(gone)


def test_columns_are_mapped_by_id_at_every_depth(tmp_path: Path) -> None:
    inner = pa.struct([pa.field("x", pa.int32(), metadata={"PARQUET:field_id": "3"})])
    schema = pa.schema(
        [
            pa.field("old name", pa.int64(), metadata={"PARQUET:field_id": "1"}),
            pa.field("nested", pa.list_(inner), metadata={"PARQUET:field_id": "2"}),
            # Written under a name that now belongs to another column.
            pa.field("word", pa.string(), metadata={"PARQUET:field_id": "9"}),
        ]
    )
    held = pa.table({"old name": [1], "nested": [[{"x": 5}]], "word": ["other"]}, schema)
    parquet(tmp_path, "f", held)
    struct = Struct((Field("new x", LONG, "any", 3), Field("y", LONG, "x", 4)))
    fields = (
        Field("id", LONG, "word", 1),
        Field("list", Array(struct), "list", 2),
        Field("word", TEXT, "word", 5),
    )
    table = Table(str(tmp_path), Schema(fields, "id"))
    change = commit(adds=(ChangedFile("f"),))
    assert rows(table, change) == [("insert", 1, [{"new x": 5, "y": None}], None)]


def test_a_file_without_ids_is_refused_where_columns_are_mapped_by_id(tmp_path: Path) -> None:
    parquet(tmp_path, "f", numbers(1))
    table = Table(str(tmp_path), Schema((Field("id", LONG, "id", 1),), "id"))
    with pytest.raises(UnreadableError, match="f has no field ids"):
        list(changes(table, commit(adds=(ChangedFile("f"),))))


def test_missing_columns_are_null_and_narrower_ones_are_widened(tmp_path: Path) -> None:
    parquet(tmp_path, "f", pa.table({"id": pa.array([1], pa.int32()), "gone": ["x"]}))
    parquet(tmp_path, "g", pa.table({"other": ["x"]}))
    kind = MapOf(TEXT, LONG)
    table = of(tmp_path, ID, Field("late", kind, "late"))
    change = commit(adds=(ChangedFile("f"), ChangedFile("g")))
    assert rows(table, change) == [("insert", 1, None), ("insert", None, None)]
    assert {batch.schema for batch in changes(table, change)} == {feed_schema(table)}


def test_a_column_that_cannot_be_what_the_schema_says_is_refused(tmp_path: Path) -> None:
    parquet(tmp_path, "f", pa.table({"id": ["one"], "n": [1]}))
    table = of(tmp_path, ID, Field("n", LONG, "n"))
    change = commit(adds=(ChangedFile("f"),))
    with pytest.raises(UnreadableError, match=r"f: id: a data file holds string where .* long"):
        rows(table, change)
    assert rows(table, change, ["n"]) == [("insert", 1)]


def test_partition_columns_come_from_the_log_even_where_files_hold_them(tmp_path: Path) -> None:
    parquet(tmp_path, "f", pa.table({"id": [1], "p": ["from the file"]}))
    table = of(tmp_path, ID, Field("p", TEXT, "phys"), partitions=("p",))
    change = commit(adds=(ChangedFile("f", {"phys": "from the log"}),))
    assert rows(table, change) == [("insert", 1, "from the log")]
    # Spark leaves null values out of the removes it writes.
    assert rows(table, commit(removes=(ChangedFile("f", {}),))) == [("delete", 1, None)]


def test_an_unknown_partition_is_an_error_only_for_who_asks_for_it(tmp_path: Path) -> None:
    parquet(tmp_path, "f", numbers(1))
    table = of(tmp_path, ID, Field("p", TEXT, "p"), partitions=("p",))
    change = commit(removes=(ChangedFile("f", None),))
    assert rows(table, change, ["id"]) == [("delete", 1)]
    with pytest.raises(UnreadableError, match="the log does not say the partition of f"):
        rows(table, change)


def test_files_of_other_tables_are_read_by_absolute_paths(tmp_path: Path) -> None:
    source = tmp_path / "the source"
    parquet(source, "f", numbers(1, 2))
    parquet(tmp_path / "clone", "g", numbers(3))
    path = f"file:{tmp_path}/the%20source/f"
    vector = inline(1)
    change = commit(adds=(ChangedFile(path, vector=vector), ChangedFile("g")))
    assert rows(of(tmp_path / "clone"), change) == [("insert", 1), ("insert", 3)]


def test_paths_that_a_writer_forgot_to_encode_are_found(tmp_path: Path) -> None:
    parquet(tmp_path, "p=a%20b/f", numbers(1))
    table, change = of(tmp_path), commit(adds=(ChangedFile("p=a%20b/f"),))
    assert rows(table, change) == [("insert", 1)]
    assert count_changes(table, change).rows["insert"] == 1


def test_a_size_that_the_log_has_wrong_does_no_harm(tmp_path: Path) -> None:
    size = parquet(tmp_path, "f", numbers(1))
    for wrong in (0, 5, size - 4, size + 9):
        assert rows(of(tmp_path), commit(adds=(ChangedFile("f", size=wrong),))) == [("insert", 1)]


def test_old_timestamps_do_not_overflow(tmp_path: Path) -> None:
    moments = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)]
    held = pa.table({"at": pa.array(moments, pa.timestamp("us"))})
    file = tmp_path / "f"
    pq.write_table(held, file, use_deprecated_int96_timestamps=True)
    table = of(tmp_path, Field("at", Primitive("timestamp"), "at"))
    found = rows(table, commit(adds=(ChangedFile("f"),)))
    assert found == [("insert", moment.replace(tzinfo=UTC)) for moment in moments]


def test_some_columns_or_none_can_be_asked_for(tmp_path: Path) -> None:
    parquet(tmp_path, "f", pa.table({"id": [1, 2, 3], "word": ["a", "b", "c"]}))
    table = of(tmp_path, ID, Field("word", TEXT, "word"))
    change = commit(adds=(ChangedFile("f", vector=inline(1)),))
    assert rows(table, change, ["word"]) == [("insert", "a"), ("insert", "c")]
    assert rows(table, change, []) == [("insert",), ("insert",)]
    assert feed_schema(table, ["word"]).names == [
        "word",
        "_change_type",
        "_commit_version",
        "_commit_timestamp",
    ]
    with pytest.raises(UnreadableError, match="no column 'wort'; did you mean 'word'"):
        rows(table, change, ["wort"])


def test_a_column_of_the_name_of_ours_must_be_left_out(tmp_path: Path) -> None:
    parquet(tmp_path, "f", pa.table({"id": [1], "_change_type": ["mine"]}))
    table = of(tmp_path, ID, Field("_change_type", TEXT, "_change_type"))
    change = commit(adds=(ChangedFile("f"),))
    with pytest.raises(UnreadableError, match="a column '_change_type' of its own"):
        rows(table, change)
    assert rows(table, change, ["id"]) == [("insert", 1)]


def test_data_files_may_have_a_change_type_that_means_nothing(tmp_path: Path) -> None:
    parquet(tmp_path, "f", pa.table({"id": [1], "_change_type": ["delete"]}))
    assert rows(of(tmp_path), commit(adds=(ChangedFile("f"),))) == [("insert", 1)]


def test_a_commit_that_changed_nothing_has_no_rows(tmp_path: Path) -> None:
    assert rows(of(tmp_path), commit()) == []
    parquet(tmp_path, "empty", numbers())
    assert rows(of(tmp_path), commit(adds=(ChangedFile("empty"),))) == []


# Trouble.


@pytest.mark.parametrize("kind", ["adds", "removes", "cdc"])
@pytest.mark.parametrize("size", [None, 1000])
def test_a_missing_file_was_vacuumed(tmp_path: Path, kind: str, size: int | None) -> None:
    change = commit(**{kind: (ChangedFile("f", size=size),)})
    for read in (rows, count_changes):
        with pytest.raises(VacuumedError, match="f is gone: it was vacuumed"):
            read(of(tmp_path), change)


def test_a_damaged_file_is_not_called_vacuumed(tmp_path: Path) -> None:
    parquet(tmp_path, "f", numbers(*range(1000)), compression="none", use_dictionary=False)
    body = bytearray((tmp_path / "f").read_bytes())
    body[4:60] = b"\xff" * 56
    (tmp_path / "f").write_bytes(body)
    (tmp_path / "g").write_bytes(b"no Parquet at all")
    for name, why in (("f", "cannot read f: OSError"), ("g", "g is not a sound Parquet file")):
        with pytest.raises(UnreadableError, match=why) as caught:
            rows(of(tmp_path), commit(adds=(ChangedFile(name),)))
        assert not isinstance(caught.value, VacuumedError)


def test_a_vector_beyond_the_end_of_its_file_is_refused(tmp_path: Path) -> None:
    parquet(tmp_path, "f", numbers(1, 2))
    change = commit(adds=(ChangedFile("f", vector=inline(2)),))
    with pytest.raises(UnreadableError, match="vector of f goes beyond its 2 rows"):
        rows(of(tmp_path), change)


def test_a_vector_of_the_wrong_cardinality_is_refused(tmp_path: Path) -> None:
    parquet(tmp_path, "f", numbers(1, 2, 3))
    good = inline(0, 1)
    vector = Vector(good.storage, good.text, None, good.size, 1)
    with pytest.raises(UnreadableError, match="it deletes more rows than the log says"):
        rows(of(tmp_path), commit(adds=(ChangedFile("f", vector=vector),)))


def test_a_cdc_file_must_say_what_changed(tmp_path: Path) -> None:
    parquet(tmp_path, "bare", numbers(1))
    parquet(tmp_path, "odd", pa.table({"id": [1], "_change_type": ["upsert"]}))
    parquet(tmp_path, "null", pa.table({"id": [1], "_change_type": pa.array([None], pa.string())}))
    for name, why in (
        ("bare", "bare has no column _change_type"),
        ("odd", "odd has the unknown change type 'upsert'"),
        ("null", "null has the unknown change type 'None'"),
    ):
        for read in (rows, count_changes):
            with pytest.raises(UnreadableError, match=why):
                read(of(tmp_path), commit(cdc=(ChangedFile(name),)))


def test_a_commit_that_names_a_file_twice_is_refused(tmp_path: Path) -> None:
    change = commit(adds=(ChangedFile("p=a%20b/f", rows=1), ChangedFile("p=a b/f", rows=1)))
    for read in (rows, count_changes):
        with pytest.raises(UnreadableError, match="version 7 adds p=a b/f twice"):
            read(of(tmp_path), change)


def test_everything_travels_to_a_worker_process_and_hides_its_options() -> None:
    table = Table("s3://b/t", Schema((ID,), "name"), ("p",), {"AWS_SECRET_ACCESS_KEY": "hush"})
    change = commit(adds=(ChangedFile("f", {"p": None}, 1, 2, inline(1)),))
    assert pickle.loads(pickle.dumps((table, change))) == (table, change)
    assert "hush" not in repr(table)


# Tables of other engines.

TABLES = os.environ.get("LIMNOGRAPH_TEST_TABLES")


@pytest.mark.skipif(not TABLES, reason="LIMNOGRAPH_TEST_TABLES names no folder")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cdf-table", [(10, 0, 0), (0, 3, 0), (0, 3, 0), (0, 0, 1)]),
        ("cdf-table-non-partitioned", [(10, 0, 0), (0, 3, 0), (0, 3, 0), (0, 0, 1), (2, 0, 0)]),
        ("simple_table_with_cdc", [(0, 0, 0), (1, 0, 0), (0, 1, 0)]),
        ("table-with-dv-small", [(10, 0, 0), (0, 0, 2)]),
        ("table_with_column_mapping", [(5, 0, 0)]),
        ("delta-0.8.0-partitioned", [(7, 0, 0)]),
        (
            "table_with_deletion_logs",
            [(100, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 0, 1), *[(0, 0, 0)] * 16],
        ),
    ],
)
def test_tables_of_other_engines_are_counted_in_both_ways(
    name: str, expected: list[tuple[int, int, int]]
) -> None:
    found = []
    for change, table in commits(Path(TABLES or "") / name):
        counted = count_changes(table, change).rows
        assert counted == count_rows(table, change)
        assert counted["update_preimage"] == counted["update_postimage"]
        found.append((counted["insert"], counted["update_postimage"], counted["delete"]))
    assert found == expected


@pytest.mark.skipif(not TABLES, reason="LIMNOGRAPH_TEST_TABLES names no folder")
@pytest.mark.parametrize("name", ["cdf-table", "cdf-table-non-partitioned"])
def test_the_feed_of_sparks_tables_is_that_of_deltalake(name: str) -> None:
    folder = Path(TABLES or "") / name
    columns = ["id", "name", "birthday"]
    for change, table in commits(folder):
        feed = pa.table(DeltaTable(folder).load_cdf(change.version, change.version)).to_pylist()
        theirs = Counter((r["_change_type"], *(r[c] for c in columns)) for r in feed)
        assert Counter(rows(table, change, columns)) == theirs
