"""The change feed of a commit, row by row.

Synchronous, and from picklable values: it runs in worker processes. A missing file raises
VacuumedError, other trouble UnreadableError; no row is skipped in silence.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from monitors.delta.feed import deletion_vectors
from monitors.delta.feed.commits import (
    CHANGE_TYPE,
    CHANGE_TYPES,
    DELETE,
    INSERT,
    ChangedCommit,
    ChangedFile,
    Table,
    derive,
)
from monitors.delta.feed.conform import Column
from monitors.delta.feed.rows import ALL, BATCH_ROWS, DataFile, Pick
from monitors.delta.feed.stored_file import open_file
from monitors.delta.partition_values import partition_value
from monitors.delta.schema import Field, arrow_type
from monitors.errors import UnreadableError
from monitors.storage.stores import Stores

_TIMESTAMP = pa.timestamp("us", "UTC")
_ADDED = (
    pa.field("_change_type", pa.string()),
    pa.field("_commit_version", pa.int64()),
    pa.field("_commit_timestamp", _TIMESTAMP),
)


def changes(
    table: Table,
    commit: ChangedCommit,
    columns: Sequence[str] | None = None,
    *,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """The changed rows of a commit, in batches of the schema `feed_schema`.

    Memory is bounded by a batch, the wanted columns of a row group, and deletion vectors.
    """
    reader = _Reader(table, commit, columns, batch_rows)
    if commit.cdc:
        for file in commit.cdc:
            yield from reader.recorded(file)
        return
    feed = derive(commit, reader.stores)
    for swap in feed.swapped:
        old, new = (deletion_vectors.read(file.vector, reader.stores) for file in swap)
        dropped = Pick(np.setdiff1d(new, old, assume_unique=True), only=True)
        restored = Pick(np.setdiff1d(old, new, assume_unique=True), only=True)
        yield from reader.rows(swap.new, DELETE, dropped)
        yield from reader.rows(swap.new, INSERT, restored)
    for files, change in ((feed.deleted, DELETE), (feed.inserted, INSERT)):
        for file in files:
            yield from reader.rows(file, change, live_rows(file, reader.stores))


def feed_schema(table: Table, columns: Sequence[str] | None = None) -> pa.Schema:
    """The wanted columns (None: all) by logical name, then `_change_type`, `_commit_version` and
    `_commit_timestamp`. UnreadableError when a column is unknown or has one of those names.
    """
    fields = [pa.field(f.name, arrow_type(f.type)) for f in _wanted(table, columns)]
    clash = {field.name for field in fields} & {field.name for field in _ADDED}
    if clash:
        raise UnreadableError(
            f"the table has a column {min(clash)!r} of its own", "ask for the other columns"
        )
    return pa.schema([*fields, *_ADDED])


def count_rows(table: Table, commit: ChangedCommit) -> Counter[str]:
    """Rows by change type, all four, from reading every changed row whole."""
    rows: Counter[str] = Counter(dict.fromkeys(CHANGE_TYPES, 0))
    for batch in changes(table, commit):
        rows.update(change_types(batch["_change_type"], f"version {commit.version}"))
    return rows


def live_rows(file: ChangedFile, stores: Stores) -> Pick:
    """The rows that a file's deletion vector leaves."""
    return Pick(deletion_vectors.read(file.vector, stores)) if file.vector else ALL


def change_types(column: Column, name: str) -> dict[str, int]:
    """How often each change type occurs; UnreadableError for a value that is none."""
    try:
        pairs = column.value_counts().to_pylist()
    except UnicodeDecodeError:
        raise UnreadableError(
            f"{name} has a change type that is no text", "rewrite the file"
        ) from None
    found = {str(pair["values"]): pair["counts"] for pair in pairs}
    odd = found.keys() - set(CHANGE_TYPES)
    if odd:
        raise UnreadableError(
            f"{name} has the unknown change type {min(odd)!r}", "rewrite the file"
        )
    return found


class _Reader:
    """Turns files of one commit into batches of its feed."""

    def __init__(
        self,
        table: Table,
        commit: ChangedCommit,
        columns: Sequence[str] | None,
        batch_rows: int,
    ) -> None:
        self.stores = Stores(table.uri, table.options)
        self._schema = feed_schema(table, columns)
        self._mapping = table.schema.mapping
        self._commit = commit
        self._batch_rows = batch_rows
        fields = _wanted(table, columns)
        self._from_log = [field for field in fields if field.name in table.partition_columns]
        self._from_file = [field for field in fields if field not in self._from_log]

    def recorded(self, file: ChangedFile) -> Iterator[pa.RecordBatch]:
        """The rows of a cdc file."""
        data = self._open(file)
        require_change_type(data, file)
        wanted = [CHANGE_TYPE, *self._from_file]
        for arrays, count in data.batches(wanted, self._mapping, ALL, self._batch_rows):
            change_types(arrays[0], file.path)
            yield self._batch(file, arrays[1:], arrays[0], count)

    def rows(self, file: ChangedFile, change: str, pick: Pick) -> Iterator[pa.RecordBatch]:
        """Some rows of a data file, all of which were changed in the same way."""
        if pick.only and not len(pick.positions):
            return
        data = self._open(file)
        for arrays, count in data.batches(self._from_file, self._mapping, pick, self._batch_rows):
            yield self._batch(file, arrays, _same(change, pa.string(), count), count)

    def _open(self, file: ChangedFile) -> DataFile:
        place = self.stores.locate(file.path)
        return DataFile(open_file(self.stores, place, file.size), file.path)

    def _batch(
        self, file: ChangedFile, arrays: list[Column], change: Column, count: int
    ) -> pa.RecordBatch:
        columns: dict[str, Column] = {
            field.name: array for field, array in zip(self._from_file, arrays, strict=True)
        }
        for field in self._from_log:
            value = partition_constant(field, file.partition, file.path)
            columns[field.name] = _same(value, arrow_type(field.type), count)
        columns["_change_type"] = change
        columns["_commit_version"] = _same(self._commit.version, pa.int64(), count)
        columns["_commit_timestamp"] = _same(self._commit.at, _TIMESTAMP, count)
        ordered = [columns[name] for name in self._schema.names]
        return pa.RecordBatch.from_arrays(ordered, schema=self._schema)


def require_change_type(data: DataFile, file: ChangedFile) -> None:
    """UnreadableError when a cdc file does not say what changed."""
    if not data.has(CHANGE_TYPE, "name"):
        raise UnreadableError(f"{file.path} has no column _change_type", "rewrite the file")


def partition_constant(field: Field, partition: Mapping[str, str | None] | None, path: str) -> Any:
    """A file's value of a partition column; UnreadableError when the log does not say it."""
    if partition is None:
        raise UnreadableError(
            f"the log does not say the partition of {path}", "leave the partition columns out"
        )
    return partition_value(partition.get(field.physical_name), field.type)


def _wanted(table: Table, columns: Sequence[str] | None) -> list[Field]:
    if columns is None:
        return list(table.schema.fields)
    return [table.schema.field(name) for name in columns]


def _same(value: Any, kind: Any, count: int) -> Column:
    return pa.repeat(pa.scalar(value, kind), count)
