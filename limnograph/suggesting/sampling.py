"""Some rows of a table from every part of its history, each with the commit that brought it.

Synchronous: it runs in a worker process. Memory is bounded by `BYTES` and a row group's columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from limnograph.suggesting.live import LiveFile
from monitors.delta.feed import deletion_vectors
from monitors.delta.feed.changes import feed_schema, partition_constant
from monitors.delta.feed.commits import Table
from monitors.delta.feed.conform import Column
from monitors.delta.feed.deletion_vectors import Positions
from monitors.delta.feed.rows import DataFile, Pick
from monitors.delta.feed.stored_file import open_file
from monitors.delta.schema import Field, arrow_type
from monitors.lakes.rows.staging import table_schema
from monitors.lakes.rows.table import ADDED
from monitors.storage.stores import Stores

FILES = 200
"""Most files that are read."""
BYTES = 192 * 1024 * 1024
"""Most that the sample may take in memory, about."""
UNKNOWN_VERSION = -1
"""The version of rows of which nobody knows when they came."""
_BLOCKS = 8  # places of a file from which its rows are taken
_BATCH = 16 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows with `ADDED` behind the columns of the table, from `files` of all its `of` files."""

    rows: pa.Table
    files: int
    of: int


def sampled(table: Table, files: Sequence[LiveFile], most: int) -> Sample:
    """At most so many rows, spread over files and within each; UnreadableError."""
    schema = readable(table)
    chosen = spread(files, min(FILES, most))
    left_rows, left_bytes = most, BYTES
    reader = _Reader(table, schema)
    batches: list[pa.RecordBatch] = []
    read_rows = read_bytes = 0
    # Small files first: what they leave goes to the greater ones.
    order = sorted(range(len(chosen)), key=lambda at: (chosen[at].rows is None, chosen[at].rows))
    found: dict[int, list[pa.RecordBatch]] = {}
    for done, at in enumerate(order):
        share = left_rows / (len(order) - done)
        if read_rows and read_bytes:
            share = min(share, left_bytes / (len(order) - done) / (read_bytes / read_rows))
        taken = reader.rows(chosen[at], max(1, int(share))) if left_rows > 0 else []
        found[at] = taken
        count = sum(batch.num_rows for batch in taken)
        size = sum(batch.nbytes for batch in taken)
        left_rows, left_bytes = left_rows - count, left_bytes - size
        read_rows, read_bytes = read_rows + count, read_bytes + size
    for at in range(len(chosen)):
        batches += found[at]
    rows = pa.Table.from_batches(batches, feed_schema(table, schema.names))
    return Sample(rows, sum(bool(taken) for taken in found.values()), len(files))


def readable(table: Table) -> pa.Schema:
    """The columns that can be read: of known types, and not named as what is added."""
    schema = table_schema(table)
    return pa.schema([f for f in schema if not pa.types.is_null(f.type) and f.name not in ADDED])


def spread(files: Sequence[LiveFile], most: int) -> list[LiveFile]:
    """At most so many files with rows, at equal distances, the first and the last among them."""
    held = [file for file in files if file.rows != 0]
    if len(held) <= most:
        return held
    return [held[round(n * (len(held) - 1) / max(most - 1, 1))] for n in range(most)]


def positions(rows: int, most: int) -> Positions:
    """Places of about `most` rows in a file, in blocks at equal distances; all where they fit."""
    if most >= rows:
        return np.arange(rows, dtype=np.int64)
    blocks = min(_BLOCKS, most)
    ends = [round(n * most / blocks) for n in range(blocks + 1)]
    gap = (rows - most) / max(blocks - 1, 1)
    parts = [
        np.arange(ends[n], ends[n + 1], dtype=np.int64) + round(n * gap) for n in range(blocks)
    ]
    return np.concatenate(parts)


class _Reader:
    """Reads some live rows of files as batches of the feed's schema."""

    def __init__(self, table: Table, schema: pa.Schema) -> None:
        self._table, self._stores = table, Stores(table.uri, table.options)
        self._schema = feed_schema(table, schema.names)
        fields = [table.schema.field(name) for name in schema.names]
        self._from_log = [field for field in fields if field.name in table.partition_columns]
        self._from_file = [field for field in fields if field not in self._from_log]

    def rows(self, file: LiveFile, most: int) -> list[pa.RecordBatch]:
        """At most so many live rows of a file."""
        place = self._stores.locate(file.file.path)
        data = DataFile(open_file(self._stores, place, file.file.size), file.file.path)
        dead = deletion_vectors.read(file.file.vector, self._stores) if file.file.vector else None
        wanted = positions(data.rows, most)
        if dead is not None and len(dead):
            alive = np.setdiff1d(np.arange(data.rows, dtype=np.int64), dead.astype(np.int64))
            wanted = alive[positions(len(alive), most)]
        if not len(wanted):
            return []
        pick = Pick(wanted, only=True)
        mapping = self._table.schema.mapping
        return [
            self._batch(file, arrays, count)
            for arrays, count in data.batches(self._from_file, mapping, pick, _BATCH)
        ]

    def _batch(self, file: LiveFile, arrays: list[Column], count: int) -> pa.RecordBatch:
        columns: dict[str, Column] = {
            field.name: array for field, array in zip(self._from_file, arrays, strict=True)
        }
        for field in self._from_log:
            columns[field.name] = self._constant(field, file, count)
        origin = file.origin
        version = UNKNOWN_VERSION if origin is None else origin.version
        added = ("insert", version, None if origin is None else origin.at)
        for name, value in zip(ADDED, added, strict=True):
            columns[name] = pa.repeat(pa.scalar(value, self._schema.field(name).type), count)
        ordered = [columns[name] for name in self._schema.names]
        return pa.RecordBatch.from_arrays(ordered, schema=self._schema)

    def _constant(self, field: Field, file: LiveFile, count: int) -> Column:
        value = partition_constant(field, file.file.partition, file.file.path)
        return pa.repeat(pa.scalar(value, arrow_type(field.type)), count)
