"""What rows take in memory: the bytes that Arrow and pandas 2 need for them."""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitors.delta.feed.commits import ChangedFile, Table
from monitors.delta.feed.widths import SAMPLE_ROWS, pandas_bytes, widths
from monitors.delta.schema import parse
from monitors.storage.stores import VacuumedError
from tests.monitors.delta.written import inline, parquet, schema_string

ARRAY = sys.getsizeof(np.empty(0))
TEXT = sys.getsizeof("text")


@pytest.mark.parametrize(
    ("column", "each"),
    [
        (pa.array([1, 2], pa.int64()), 8),
        (pa.array([1, 2], pa.int16()), 2),
        (pa.array([1, None], pa.int16()), 8),
        (pa.array([1.5, None], pa.float32()), 4),
        (pa.array([True, False]), 1),
        (pa.array([True, None]), 8),
        (pa.array([datetime(2026, 3, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC")), 8),
        (pa.array([date(2026, 3, 1)] * 2), 8 + sys.getsizeof(date(2026, 3, 1))),
        (pa.array([Decimal("1.5")] * 2), 8 + sys.getsizeof(Decimal("1.5"))),
        (pa.array(["text", "text"]), 8 + TEXT),
        (pa.array(["text", None]), 8 + TEXT / 2),
        (pa.array([b"abc"] * 2), 8 + sys.getsizeof(b"abc")),
        (pa.array([[1.0] * 384] * 2, pa.list_(pa.float32())), 8 + ARRAY + 384 * 4),
        (pa.array([["text"] * 3] * 2), 8 + ARRAY + 3 * (8 + TEXT)),
        (
            pa.array([{"a": "text", "b": True}] * 2),
            8 + sys.getsizeof({"a": 1, "b": 2}) + TEXT,
        ),
        (
            pa.array([[("text", True)]] * 2, pa.map_(pa.string(), pa.bool_())),
            8 + sys.getsizeof([]) + 8 + sys.getsizeof((1, 2)) + TEXT,
        ),
        (pa.nulls(2), 8),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_a_column_takes_in_pandas_what_its_objects_take(column: Any, each: float) -> None:
    assert pandas_bytes(column) == 2 * each
    assert pandas_bytes(pa.concat_arrays([column] * 3).slice(2, 2)) == 2 * each


TABLE_OF = schema_string(("id", "long"), ("day", "date"))


def table(folder: Path) -> Table:
    return Table(str(folder), parse(TABLE_OF, None), ("day",))


def file(folder: Path, path: str, rows: int, **more: Any) -> ChangedFile:
    size = parquet(folder, path, pa.table({"id": pa.array(range(rows), pa.int64())}))
    return ChangedFile(path, {"day": "2026-03-01"}, size, **more)


def test_rows_are_measured_with_their_partition_and_without_the_deleted_ones(
    tmp_path: Path,
) -> None:
    files = [file(tmp_path, "a", 10), file(tmp_path, "b", 10, vector=inline(1, 2))]
    found = widths(table(tmp_path), files)
    assert found.rows == 18
    assert found.arrow == pytest.approx(18 * (8 + 4), abs=4)  # and a bitmap
    assert found.pandas == 18 * (8 + 8 + sys.getsizeof(date(2026, 3, 1)))
    assert found.cost.requests >= 2


def test_only_so_many_rows_are_decoded(tmp_path: Path) -> None:
    files = [file(tmp_path, name, 2 * SAMPLE_ROWS) for name in "abc"]
    assert widths(table(tmp_path), files).rows == 3 * (SAMPLE_ROWS // 3)
    assert widths(table(tmp_path), files[:1]).rows == SAMPLE_ROWS


def test_a_file_that_is_gone_is_passed_over_unless_all_are(tmp_path: Path) -> None:
    gone = ChangedFile("gone", {"day": "2026-03-01"}, 100)
    found = widths(table(tmp_path), [gone, file(tmp_path, "a", 10)])
    assert found.rows == 10
    with pytest.raises(VacuumedError):
        widths(table(tmp_path), [gone])
