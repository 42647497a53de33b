"""The newest value of a time column, read from live files."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from monitors.delta.feed.commits import ChangedFile, Table
from monitors.delta.feed.event_times import newest
from monitors.delta.schema import Field, Primitive, Schema, Struct
from monitors.errors import UnreadableError
from monitors.storage.stores import VacuumedError
from tests.monitors.delta.written import inline, parquet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLY = datetime(2024, 3, 1, 10, 0, 0, 123456, UTC)
BEFORE = EPOCH - timedelta(days=1)
LATE = datetime(2024, 3, 2, tzinfo=UTC)


def at(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def of(folder: Path, field: Field, *partitions: str, mapping: Any = "none") -> Table:
    return Table(str(folder), Schema((field,), mapping), partitions)


def times(*moments: datetime | None) -> pa.Table:
    return pa.table({"at": pa.array(moments, pa.timestamp("us", "UTC"))})


AT = Field("at", Primitive("timestamp"), "at")


def test_the_greatest_value_over_all_files_wins(tmp_path: Path) -> None:
    parquet(tmp_path, "a", times(EARLY, None))
    parquet(tmp_path, "b", times(LATE, EARLY), row_group_size=1)
    found = newest(of(tmp_path, AT), [ChangedFile("a"), ChangedFile("b")], "at")
    assert found.microseconds == at(LATE)
    assert found.cost.requests >= 2


def test_deleted_rows_do_not_count(tmp_path: Path) -> None:
    parquet(tmp_path, "a", times(EARLY, LATE))
    assert newest(of(tmp_path, AT), [ChangedFile("a", vector=inline(1))], "at").microseconds == at(
        EARLY
    )


def test_without_a_value_there_is_none(tmp_path: Path) -> None:
    parquet(tmp_path, "a", times(None))
    parquet(tmp_path, "before the column", pa.table({"id": [1]}))
    table = of(tmp_path, AT)
    files = [ChangedFile("a"), ChangedFile("before the column")]
    assert newest(table, files, "at").microseconds is None
    assert newest(table, [], "at").microseconds is None


@pytest.mark.parametrize(
    ("kind", "arrow", "value", "expected"),
    [
        ("date", pa.date32(), date(2024, 3, 2), LATE),
        ("timestamp_ntz", pa.timestamp("us"), datetime(2024, 3, 2), LATE),
        ("timestamp", pa.timestamp("ms", "UTC"), LATE, LATE),
        ("timestamp_ntz", pa.date32(), date(2024, 3, 2), LATE),
        (
            "timestamp",
            pa.timestamp("us", "UTC"),
            EPOCH - timedelta(days=1),
            EPOCH - timedelta(days=1),
        ),
    ],
)
def test_dates_and_local_times_count_as_utc(
    tmp_path: Path, kind: str, arrow: pa.DataType, value: Any, expected: datetime
) -> None:
    parquet(tmp_path, "a", pa.table({"at": pa.array([value], arrow)}))
    table = of(tmp_path, Field("at", Primitive(kind), "at"))
    assert newest(table, [ChangedFile("a")], "at").microseconds == at(expected)


def test_a_nested_column_is_read_alone(tmp_path: Path) -> None:
    held = [{"p1": {"p2": EARLY, "big": "x" * 100}}, {"p1": None}, None]
    kind = pa.struct([("p2", pa.timestamp("us", "UTC")), ("big", pa.string())])
    column = pa.array(held, pa.struct([("p1", kind)]))
    parquet(tmp_path, "a", pa.table({"p0": column}))
    inner = Struct((Field("big", Primitive("string"), "big"), Field("at", AT.type, "p2")))
    table = of(tmp_path, Field("seen", Struct((Field("x", inner, "p1"),)), "p0"), mapping="name")
    assert newest(table, [ChangedFile("a")], "seen.x.at").microseconds == at(EARLY)


def test_a_partition_column_is_known_from_the_log(tmp_path: Path) -> None:
    table = of(tmp_path, Field("day", Primitive("date"), "phys"), "day")
    files = [
        ChangedFile("a", {"phys": "2024-03-01"}, rows=1),
        ChangedFile("empty", {"phys": "2024-03-09"}, rows=0),
        ChangedFile("all deleted", {"phys": "2024-03-08"}, rows=1, vector=inline(0)),
        ChangedFile("b", {"phys": "2024-03-02"}, rows=1),
        ChangedFile("c", {"phys": None}, rows=1),
    ]
    assert newest(table, files, "day").microseconds == at(LATE)


def test_only_times_have_a_newest_value(tmp_path: Path) -> None:
    table = of(tmp_path, Field("id", Primitive("long"), "id"))
    with pytest.raises(UnreadableError, match="column 'id' is long, not a time"):
        newest(table, [], "id")
    with pytest.raises(UnreadableError, match="the table has no column 'at'"):
        newest(table, [], "at")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(VacuumedError):
        newest(of(tmp_path, AT), [ChangedFile("gone")], "at")
