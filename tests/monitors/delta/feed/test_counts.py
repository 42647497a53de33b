"""Counting changed rows without reading them."""

from pathlib import Path

import pyarrow as pa
import pytest

from monitors.core import Cost
from monitors.delta.feed.commits import ChangedCommit, ChangedFile, Table
from monitors.delta.feed.counts import count_changes
from monitors.delta.feed.deletion_vectors import Vector
from monitors.delta.schema import Schema
from monitors.errors import UnreadableError
from monitors.storage.stores import VacuumedError
from tests.monitors.delta.written import AT, in_file, inline, parquet

NOTHING = {"insert": 0, "delete": 0, "update_preimage": 0, "update_postimage": 0}
# A vector whose file is not there.
GONE = Vector("u", "0" * 20, 1, 34, 3)


def table(folder: Path) -> Table:
    return Table(str(folder), Schema(()))


def commit(**files: tuple[ChangedFile, ...]) -> ChangedCommit:
    return ChangedCommit(3, AT, **files)


def test_where_the_log_knows_the_rows_nothing_is_read(tmp_path: Path) -> None:
    change = commit(
        adds=(ChangedFile("a", rows=10), ChangedFile("b", rows=5, vector=GONE)),
        removes=(ChangedFile("c", rows=7, vector=GONE),),
    )
    counted = count_changes(table(tmp_path), change)
    assert counted.rows == NOTHING | {"insert": 12, "delete": 4}
    assert counted.cost == Cost()


def test_unknown_row_numbers_come_from_footers(tmp_path: Path) -> None:
    size = parquet(tmp_path, "f", pa.table({"id": [1, 2, 3, 4]}))
    change = commit(removes=(ChangedFile("f", size=size, vector=GONE),))
    counted = count_changes(table(tmp_path), change)
    assert (counted.rows, counted.cost) == (NOTHING | {"delete": 1}, Cost(1, size))


def test_a_first_vector_and_a_last_one_are_known_by_their_size(tmp_path: Path) -> None:
    marked = commit(removes=(ChangedFile("f"),), adds=(ChangedFile("f", vector=GONE),))
    cleared = commit(removes=(ChangedFile("f", vector=GONE),), adds=(ChangedFile("f"),))
    assert count_changes(table(tmp_path), marked).rows == NOTHING | {"delete": 3}
    assert count_changes(table(tmp_path), cleared).rows == NOTHING | {"insert": 3}


def test_two_vectors_are_compared_row_by_row(tmp_path: Path) -> None:
    old, new = in_file(tmp_path, 1, 0, 1, 2), in_file(tmp_path, 2, 1, 2, 7, 9)
    change = commit(removes=(ChangedFile("f", vector=old),), adds=(ChangedFile("f", vector=new),))
    counted = count_changes(table(tmp_path), change)
    assert counted.rows == NOTHING | {"insert": 1, "delete": 2}
    assert counted.cost == Cost(2, old.size + new.size + 16)


def test_the_same_vector_again_changes_nothing(tmp_path: Path) -> None:
    for vector in (None, GONE):
        again = (ChangedFile("f", rows=5, vector=vector),)
        assert count_changes(table(tmp_path), commit(removes=again, adds=again)).rows == NOTHING


def test_a_vector_that_must_be_compared_and_is_gone_was_vacuumed(tmp_path: Path) -> None:
    old, new = (ChangedFile("f", vector=v) for v in (GONE, inline(1)))
    with pytest.raises(VacuumedError, match="deletion_vector_00000000"):
        count_changes(table(tmp_path), commit(removes=(old,), adds=(new,)))


def test_of_cdc_files_only_the_change_types_are_read(tmp_path: Path) -> None:
    types = ["insert", "delete", "delete", "update_preimage", "update_postimage"] * 20_000
    wide = [f"{n:040}" for n in range(len(types))]
    size = parquet(
        tmp_path,
        "_change_data/c",
        pa.table({"_change_type": types, "wide": wide}),
        compression="none",
        use_dictionary=["_change_type"],
    )
    change = commit(cdc=(ChangedFile("_change_data/c", size=size),))
    counted = count_changes(table(tmp_path), change)
    assert counted.rows == {
        "insert": 20_000,
        "delete": 40_000,
        "update_preimage": 20_000,
        "update_postimage": 20_000,
    }
    assert counted.cost.bytes < size / 10


def test_more_deleted_rows_than_rows_is_a_broken_log(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="says that 3 of the 2 rows of f are deleted"):
        count_changes(table(tmp_path), commit(adds=(ChangedFile("f", rows=2, vector=GONE),)))


def test_many_files_are_counted_together(tmp_path: Path) -> None:
    for n in range(40):
        parquet(tmp_path, f"f{n}", pa.table({"id": range(n)}))
    adds = tuple(ChangedFile(f"f{n}") for n in range(40))
    assert count_changes(table(tmp_path), commit(adds=adds)).rows["insert"] == 780
