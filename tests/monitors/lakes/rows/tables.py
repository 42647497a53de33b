"""Small real Delta tables, and their rows as checks see them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from monitors.lakes.rows.table import TableRows
from monitors.lakes.rows.window import Window, read_window

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FEED = {"delta.enableChangeDataFeed": "true"}


def append(
    folder: Path, ids: Sequence[int | None], feed: bool = True, **columns: Sequence[Any]
) -> None:
    """A commit that appends rows with these ids, and other columns."""
    table = pa.table({"id": pa.array(ids, pa.int64()), **columns})
    properties = FEED if feed and not DeltaTable.is_deltatable(str(folder)) else None
    write_deltalake(folder, table, mode="append", configuration=properties, schema_mode="merge")


def opened(folder: Path) -> DeltaTable:
    return DeltaTable(folder)


async def window_of(folder: Path, position: str | None = None) -> Window:
    return await read_window(str(folder), {}, position, NOW)


@contextmanager
def rows_of(
    window: Window,
    batch_rows: int = 1024,
    others: Mapping[str, Window] | None = None,
) -> Iterator[TableRows]:
    """The rows of a window, closed at the end."""
    known = dict(others or {})
    rows = TableRows(window, "posts", known.__getitem__, list(known), batch_rows, NOW)
    try:
        yield rows
    finally:
        rows.close()


def ids(batches: Iterator[pa.RecordBatch]) -> list[Any]:
    """The ids in some batches, in order of size."""
    found = [value for batch in batches for value in batch["id"].to_pylist()]
    return sorted(found, key=lambda value: (value is None, value))
