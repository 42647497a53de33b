"""The state of a table under single actions: identity of files, rows, the event-time column."""

from pathlib import Path
from typing import Any

import pytest

from monitors.delta.live.files import Delta, LiveFile
from monitors.delta.live.statistics import Bound, EventColumn
from monitors.delta.live.table import TableState
from monitors.delta.log.actions import FileAction, Metadata, file_action, metadata_of
from monitors.storage.paths import table_root
from tests.monitors.delta.log_builder import add, metadata, remove, vector
from tests.monitors.delta.written import field, mapped, schema_string

MICROS = 1_772_452_800_000_000
TIMED = schema_string(("id", "long"), ("at", "timestamp"))


def state(event: str | None = None, schema: str = TIMED, **more: Any) -> TableState:
    found = TableState(table_root("/lake/table"), event_name=event)
    found.set_metadata(meta(schema, **more))
    return found


def meta(schema: str = TIMED, **more: Any) -> Metadata:
    return metadata_of(metadata(schema=schema, **more)["metaData"], "here")


def added(path: str, rows: int | None = 3, **more: Any) -> FileAction:
    return file_action(add(path, rows, **more)["add"], "here")


def removed(path: str, **more: Any) -> FileAction:
    return file_action(remove(path, **more)["remove"], "here")


def holding(table: TableState, *actions: FileAction) -> TableState:
    files = [table.live_file(action, None) for action in actions]
    table.apply(Delta(tuple(files), ()))
    return table


def bound(table: TableState, stats: str, **more: Any) -> tuple[int | None, Bound]:
    file = table.live_file(added("a", stats=stats, **more), None)
    return file.newest, Bound(file.bound)


@pytest.mark.parametrize(
    "spelling",
    [
        "p=a b/x.parquet",
        "p=a%20b/x.parquet",
        "./p=a%20b//x.parquet",
        "/lake/table/p=a%20b/x.parquet",
        "file:///lake/table/p=a%20b/x.parquet",
        "file:/lake/table/p=a%20b/x.parquet",
        "../table/p=a%20b/x.parquet",
    ],
)
def test_a_file_is_the_same_however_its_path_is_spelled(spelling: str) -> None:
    table = state()
    assert table.key(added(spelling)) == table.key(added("p=a%20b/x.parquet"))


def test_other_files_are_other_files() -> None:
    table = state()
    paths = ["a", "b", "a%2520b", "a%20b", "s3://lake/table/a", "/lake/table2/a", "a%FF", "a%FE"]
    assert len({table.key(added(path)) for path in paths}) == len(paths)


def test_a_file_with_another_vector_is_another_file_of_the_same_path() -> None:
    table = state()
    plain, first, second = (
        added("a"),
        added("a", deletionVector=vector(1)),
        added("a", deletionVector=vector(2)),
    )
    assert len({table.key(action) for action in (plain, first, second)}) == 1
    assert len({table.identity(action) for action in (plain, first, second)}) == 3
    assert table.identity(plain) == table.key(plain)


def test_rows_are_those_of_the_statistics_else_those_looked_up() -> None:
    table = state()
    assert table.live_file(added("a", 3), 9).rows == 3
    assert table.live_file(added("a", None), 9).rows == 9
    assert table.live_file(added("a", None), None).rows is None
    assert table.live_file(added("a", None), 9, {"numRecords": 4}).rows == 4
    assert table.live_file(added("a", None), 9, {"numRecords": -4}).rows == 9


def test_a_vector_larger_than_its_file_leaves_the_rows_unknown() -> None:
    file = state().live_file(added("a", 1, deletionVector=vector(1, 2)), None)
    assert (file.rows, file.live_rows) == (None, None)


def test_one_file_added_twice_in_a_commit_is_one_file_as_the_last_add_says() -> None:
    table = state()
    (touched,) = table.added([added("a", 3), added("./a", 5)], {})
    assert touched.live_rows == 5


def test_a_removed_file_is_known_from_the_state() -> None:
    table = holding(state(), added("a", 3, deletionVector=vector(0)))
    (touched,) = table.removed([removed("a", deletionVector=vector(0))], {})
    assert (touched.live_rows, touched.stray) == (2, False)


def test_a_file_that_was_never_there_is_stray() -> None:
    (touched,) = state().removed([removed("a")], {})
    assert (touched.file, touched.stray) == (None, True)
    (stated,) = state().removed([removed("a", stats='{"numRecords":4}')], {})
    assert (stated.live_rows, stated.stray) == (4, True)


def test_removing_a_file_without_the_vector_it_has_is_stray_and_takes_nothing_away() -> None:
    table = holding(state(), added("a", 3, deletionVector=vector(0)))
    action = removed("a")
    (touched,) = table.removed([action], {})
    assert touched.stray
    table.apply(Delta((), (table.identity(action),)))
    assert (table.sums.files, table.sums.live_rows) == (1, 2)


def test_an_incomplete_state_knows_of_removed_files_what_the_action_or_a_footer_says() -> None:
    table = state()
    table.complete = False
    stated = removed("a", stats='{"numRecords":4}', deletionVector=vector(1))
    assert table.removed([stated], {})[0].live_rows == 3
    assert table.removed([removed("b")], {"b": 9})[0].live_rows == 9
    (unknown,) = table.removed([removed("c")], {})
    assert (unknown.file, unknown.stray) == (None, False)


def test_a_file_added_again_replaces_itself_in_the_totals() -> None:
    table = holding(state(), added("a", 3), added("b", 4))
    holding(table, added("a", 5))
    assert (table.sums.files, table.sums.live_rows) == (2, 9)
    assert table.sums == table.files.sums()


def test_losing_commits_leaves_the_schema_and_the_feed_unknown() -> None:
    table = state()
    table.version = 4
    table.lose(6)
    assert (table.complete, table.version, table.lost, table.feed) == (False, 6, 5, None)
    table.lose(9)
    assert table.lost == 5


def test_a_timestamp_column_is_bounded_by_its_statistics() -> None:
    stats = '{"numRecords":3,"maxValues":{"at":"2026-03-02T12:00:00.000Z"}}'
    assert bound(state("at"), stats) == (MICROS, Bound.TIGHT)
    assert bound(state("AT"), stats) == (MICROS, Bound.TIGHT)
    assert bound(state("at"), stats, deletionVector=vector(1)) == (MICROS, Bound.LOOSE)
    odd = {"storageType": "u", "pathOrInlineDv": "x"}
    assert bound(state("at"), stats, deletionVector=odd) == (MICROS, Bound.LOOSE)
    assert bound(state(None), stats) == (None, Bound.UNKNOWN)
    assert bound(state("id"), stats) == (None, Bound.UNKNOWN)
    assert bound(state("nothing"), stats) == (None, Bound.UNKNOWN)


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_ntz", "date"])
def test_every_kind_of_time_may_be_the_event_time(kind: str) -> None:
    stats = '{"numRecords":3,"maxValues":{"at":"2026-03-02"}}'
    table = state("at", schema_string(("at", kind)))
    assert bound(table, stats) == (MICROS - 12 * 3_600_000_000, Bound.TIGHT)


def test_a_nested_column_under_column_mapping_is_bounded_by_its_physical_path() -> None:
    inner = field("at", "timestamp", mapped("col-2", 2))
    schema = schema_string(("seen", {"type": "struct", "fields": [inner]}, mapped("col-1", 1)))
    table = state("seen.at", schema, properties={"delta.columnMapping.mode": "name"})
    stats = '{"numRecords":3,"maxValues":{"col-1":{"col-2":"2026-03-02T12:00:00.000Z"}}}'
    assert bound(table, stats) == (MICROS, Bound.TIGHT)


def test_a_partition_column_is_bounded_by_the_files_own_values() -> None:
    table = state("at", partitions=["at"])

    def of(value: Any) -> tuple[int | None, Bound]:
        return bound(table, '{"numRecords":3}', partitionValues={"at": value})

    assert of("2026-03-02 12:00:00") == (MICROS, Bound.TIGHT)
    assert of("2026-03-02T12:00:00.000Z") == (MICROS, Bound.TIGHT)
    assert of(None) == (None, Bound.EMPTY)
    assert of("") == (None, Bound.EMPTY)
    assert of("soon") == (None, Bound.UNKNOWN)
    assert of(5) == (None, Bound.UNKNOWN)
    assert of("9999-12-31T23:59:59-14:00") == (None, Bound.UNKNOWN)
    assert bound(table, "{}", partitionValues=None) == (None, Bound.UNKNOWN)


def test_the_column_is_unsettled_when_its_name_comes_to_mean_another_one() -> None:
    mapping = {"delta.columnMapping.mode": "name"}

    def schema(physical: str) -> str:
        return schema_string(("at", "timestamp", mapped(physical, 1)))

    table = state("at", schema("col-1"), properties=mapping)
    holding(table, added("a", 3))
    table.set_metadata(meta(schema("col-1"), properties=mapping))
    assert not table.unsettled
    table.set_metadata(meta(schema("col-2"), properties=mapping))
    assert table.unsettled


def test_a_pinned_column_is_the_same_under_every_schema() -> None:
    table = TableState(
        table_root("/lake/table"),
        event_name="at",
        pinned=EventColumn("at", ("col-9",), "timestamp"),
    )
    table.set_metadata(meta(schema_string(("id", "long"))))
    stats = '{"numRecords":3,"maxValues":{"col-9":"2026-03-02T12:00:00.000Z"}}'
    assert bound(table, stats) == (MICROS, Bound.TIGHT)


def test_a_schema_that_cannot_be_read_costs_the_event_time_only() -> None:
    for broken in ("", "{", "[]", '{"type":"struct"}', "null", "[" * 100_000):
        table = state("at", broken)
        assert table.live_file(added("a", 3), None) == LiveFile(
            table.key(added("a")), 3, 0, 100, "", None, Bound.UNKNOWN
        )


def test_a_partition_is_named_with_all_its_values() -> None:
    action = added("a", partitionValues={"p": "x", "q": None})
    assert state().live_file(action, None).partition == "p=x/q="


def test_the_root_of_a_table_may_have_any_name(tmp_path: Path) -> None:
    table = TableState(table_root(str(tmp_path / "50%25 off")))
    absolute = f"file://{tmp_path}/50%2525%20off/a%20b"
    assert table.key(added(absolute)) == table.key(added("a%20b"))
