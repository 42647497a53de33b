"""Bad rows are appended once, whatever happens, and only what may be shown of them."""

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from monitors.errors import UnreadableError
from monitors.lakes.rows.quarantine import Batches, Origin, Where, append
from tests.monitors.lakes.rows.tables import NOW

ORIGIN = Origin("posts/a-check", "2 of 9 rows are bad", "posts", "an id", 7, "run-1", NOW)


def bad(*versions: int, **columns: Any) -> Batches:
    """Bad rows of these commits."""
    ids = pa.array(range(len(versions)), pa.int64())
    rows = {"id": ids, **columns, "_commit_version": pa.array(versions, pa.int64())}
    return lambda: iter([pa.record_batch(rows)])


def kept(where: Where) -> list[dict[str, Any]]:
    rows = pa.table(DeltaTable(where.uri).scan()).to_pylist()
    return sorted(rows, key=lambda row: (row["_source_version"], row["id"]))


@pytest.fixture
def where(tmp_path: Path) -> Where:
    return Where(str(tmp_path / "quarantine"))


def test_bad_rows_say_where_they_come_from(where: Where) -> None:
    assert append(where, ORIGIN, bad(6)) == 1
    assert kept(where) == [
        {
            "id": 0,
            "_check": "posts/a-check",
            "_reason": "2 of 9 rows are bad",
            "_source_table": "posts",
            "_source_version": 6,
            "_run": "run-1",
            "_quarantined_at": NOW,
        }
    ]


def test_the_same_rows_are_written_once(where: Where) -> None:
    assert append(where, ORIGIN, bad(6, 7)) == 2
    assert append(where, ORIGIN, bad(6, 7)) == 0
    assert len(kept(where)) == 2


def test_a_wider_window_adds_only_its_later_commits(where: Where) -> None:
    append(where, ORIGIN, bad(6, 7))
    assert append(where, replace(ORIGIN, version=9), bad(6, 7, 8, 9)) == 2
    assert [row["_source_version"] for row in kept(where)] == [6, 7, 8, 9]


def test_checks_and_tables_do_not_hide_each_other(where: Where) -> None:
    append(where, ORIGIN, bad(7))
    assert append(where, replace(ORIGIN, check="posts/another"), bad(7)) == 1
    assert append(where, replace(ORIGIN, table_id="another id"), bad(7)) == 1


def test_rows_without_a_version_are_of_the_version_judged(where: Where) -> None:
    rows = pa.record_batch({"id": pa.array([5], pa.int64())})
    assert append(where, ORIGIN, lambda: iter([rows])) == 1
    assert append(where, ORIGIN, lambda: iter([rows])) == 0
    assert kept(where)[0]["_source_version"] == 7


def test_no_bad_row_makes_no_table(where: Where) -> None:
    assert append(where, ORIGIN, lambda: iter(())) == 0
    assert not Path(where.uri).exists()


def test_masked_columns_hold_asterisks(where: Where) -> None:
    masked = replace(where, mask=("MAIL",))
    append(masked, ORIGIN, bad(7, 7, mail=["ann@example.org", None]))
    assert [row["mail"] for row in kept(where)] == ["***", None]


def test_a_new_column_of_the_source_joins(where: Where) -> None:
    append(where, ORIGIN, bad(7))
    append(where, replace(ORIGIN, version=8), bad(8, label=["x"]))
    assert [row["label"] for row in kept(where)] == [None, "x"]


def test_another_type_is_refused_without_a_value(where: Where) -> None:
    append(where, ORIGIN, bad(7, mail=[1]))
    with pytest.raises(UnreadableError) as caught:
        append(where, replace(ORIGIN, version=8), bad(8, mail=["ann@example.org"]))
    assert "'mail' as int64" in caught.value.reason
    assert "ann" not in str(caught.value)


def test_a_column_with_a_name_of_ours_is_refused(where: Where) -> None:
    with pytest.raises(UnreadableError, match="'_check', which the quarantine needs"):
        append(where, ORIGIN, bad(7, _check=["x"]))


def test_rows_that_cannot_be_read_leave_nothing(where: Where) -> None:
    append(where, ORIGIN, bad(7))

    def broken() -> Iterator[pa.RecordBatch]:
        yield from bad(8)()
        raise UnreadableError("a file is gone", "restore it")

    with pytest.raises(UnreadableError, match="a file is gone"):
        append(where, replace(ORIGIN, version=8), broken)
    assert len(kept(where)) == 1
    assert append(where, replace(ORIGIN, version=8), bad(8)) == 1


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnreadableError, match="could not be written"):
        append(Where(str(tmp_path / "file")), ORIGIN, bad(7))


def written_by_another(uri: str, start: Any, results: Any) -> None:
    """One of many writers at once."""
    start.wait()
    try:
        results.put(append(Where(uri), ORIGIN, bad(6, 7)))
    except UnreadableError as error:
        results.put(str(error))


@pytest.mark.slow
@pytest.mark.parametrize("exists", [False, True])
def test_writers_at_once_write_the_rows_once(where: Where, exists: bool) -> None:
    if exists:
        append(where, replace(ORIGIN, check="posts/another"), bad(1))
    context = multiprocessing.get_context("spawn")
    start, results = context.Event(), context.Queue()
    writers = [
        context.Process(target=written_by_another, args=(where.uri, start, results))
        for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    start.set()
    found = [results.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join()
    assert sorted(found) == [0, 0, 0, 2]
    assert len([row for row in kept(where) if row["_check"] == ORIGIN.check]) == 2
