"""The rows of data files, in batches: the columns of the table, deleted rows left out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from monitors.core import Cost
from monitors.delta.feed.conform import Column, column_names, conform, field_id, find
from monitors.delta.feed.deletion_vectors import NONE, Positions
from monitors.delta.feed.stored_file import Range, StoredFile
from monitors.delta.schema import Field, Mapping
from monitors.errors import UnreadableError
from monitors.storage.stores import StorageErrors, unreadable

BATCH_ROWS = 64 * 1024
_BUFFER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pick:
    """Which rows of a file: all but `positions`, or `only` those."""

    positions: Positions
    only: bool = False


ALL = Pick(NONE)


class DataFile:
    """A Parquet file of a table; `name` is for messages. Raises UnreadableError."""

    def __init__(self, source: StoredFile, name: str) -> None:
        self._source = source
        self._name = name
        # The stubs know neither duck-typed files nor the newest option.
        parquet_file: Any = pq.ParquetFile
        with _explained(name):
            self._parquet: pq.ParquetFile = parquet_file(
                source,
                pre_buffer=False,
                buffer_size=_BUFFER,
                # Nanoseconds, the default, overflow before 1677 and after 2262 in silence.
                coerce_int96_timestamp_unit="us",
                arrow_extensions_enabled=False,
            )
            self._fields = list(self._parquet.schema_arrow)

    @property
    def rows(self) -> int:
        """Physical rows, the deleted ones included."""
        return self._parquet.metadata.num_rows

    @property
    def cost(self) -> Cost:
        return self._source.cost

    def has(self, wanted: Field, mapping: Mapping) -> bool:
        """Whether the file holds a column."""
        return find(self._fields, wanted, mapping) is not None

    def batches(
        self,
        columns: Sequence[Field],
        mapping: Mapping,
        pick: Pick = ALL,
        batch_rows: int = BATCH_ROWS,
    ) -> Iterator[tuple[list[Column], int]]:
        """Arrays of the wanted columns, in their order, and how many rows they have.

        A column that the file lacks is null.
        """
        if len(pick.positions) and int(pick.positions[-1]) >= self.rows:
            raise UnreadableError(
                f"the deletion vector of {self._name} goes beyond its {self.rows} rows",
                "restore the file, or repair the Delta log",
            )
        self._check_ids(columns, mapping)
        found = [find(self._fields, column, mapping) for column in columns]
        with _explained(self._name):
            for raw, start, count in self._raw(columns, found, mapping, pick, batch_rows):
                index = _index(pick, start, count)
                taken = count if index is None else len(index)
                if taken:
                    arrays = [
                        self._column(raw, at, column, mapping, count)
                        for at, column in zip(found, columns, strict=True)
                    ]
                    yield (arrays if index is None else [a.take(index) for a in arrays]), taken

    def _check_ids(self, columns: Sequence[Field], mapping: Mapping) -> None:
        if mapping != "id" or all(column.field_id is None for column in columns):
            return
        if self._fields and all(field_id(field) is None for field in self._fields):
            raise UnreadableError(
                f"{self._name} has no field ids, though the table maps its columns by id",
                "rewrite the file",
            )

    def _raw(
        self,
        columns: Sequence[Field],
        found: Sequence[int | None],
        mapping: Mapping,
        pick: Pick,
        batch_rows: int,
    ) -> Iterator[tuple[pa.RecordBatch | None, int, int]]:
        """Batches as the file has them, with the position of their first row and their length."""
        names = [
            name
            for at, column in zip(found, columns, strict=True)
            if at is not None
            for name in column_names(self._fields[at], column, mapping)
        ]
        start = 0
        for group in range(self._parquet.num_row_groups):
            count = self._parquet.metadata.row_group(group).num_rows
            if not _touched(pick, start, count):
                pass
            elif names:
                yield from self._group(group, names, start, batch_rows)
            else:
                yield from ((None, s, c) for s, c in _pieces(start, count, batch_rows))
            start += count

    def _group(
        self, group: int, names: list[str], start: int, batch_rows: int
    ) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        self._source.fetch(self._ranges(group, names))
        batches = self._parquet.iter_batches(
            batch_rows, row_groups=[group], columns=names, use_threads=False
        )
        end = start + self._parquet.metadata.row_group(group).num_rows
        for batch in batches:
            yield batch, start, batch.num_rows
            start += batch.num_rows
        if start != end:
            reason = f"{self._name} has fewer rows than its footer says"
            raise UnreadableError(reason, "restore the file")

    def _ranges(self, group: int, names: list[str]) -> Iterator[Range]:
        metadata = self._parquet.metadata.row_group(group)
        for index in range(metadata.num_columns):
            chunk = metadata.column(index)
            path = chunk.path_in_schema
            if any(path == name or path.startswith(f"{name}.") for name in names):
                first = chunk.dictionary_page_offset or chunk.data_page_offset
                start = min(first, chunk.data_page_offset)
                yield start, min(start + chunk.total_compressed_size, self._source.size)

    def _column(
        self,
        batch: pa.RecordBatch | None,
        at: int | None,
        column: Field,
        mapping: Mapping,
        count: int,
    ) -> Column:
        if at is None or batch is None:
            return conform(pa.nulls(count), column.type, mapping)
        array: Any = batch.column(self._fields[at].name)
        try:
            return conform(array, column.type, mapping)
        except UnreadableError as error:
            raise UnreadableError(
                f"{self._name}: {column.name}: {error.reason}", error.mend
            ) from error


def _touched(pick: Pick, start: int, count: int) -> bool:
    """Whether any of these rows may be wanted."""
    if count == 0:
        return False
    low, high = np.searchsorted(pick.positions, [start, start + count])
    return bool(high > low) if pick.only else bool(high - low < count)


def _index(pick: Pick, start: int, count: int) -> Column | None:
    """The wanted ones of these rows, as indices from 0; None for all of them."""
    low, high = np.searchsorted(pick.positions, [start, start + count])
    inside = pick.positions[low:high] - start
    if pick.only:
        return pa.array(inside)
    if not len(inside):
        return None
    keep = np.ones(count, np.bool_)
    keep[inside] = False
    return pa.array(np.flatnonzero(keep))


def _pieces(start: int, count: int, size: int) -> Iterator[tuple[int, int]]:
    for at in range(start, start + count, size):
        yield at, min(size, start + count - at)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except UnreadableError:
        raise
    except pa.ArrowException as error:
        raise UnreadableError(
            f"{name} is not a sound Parquet file: {error}", "restore it"
        ) from error
    except StorageErrors as error:
        raise unreadable(error, name) from None
