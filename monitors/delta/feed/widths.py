"""How many bytes the rows of a table take in memory, from the first rows of a few files.

Synchronous, and from picklable values: it runs in worker processes.
"""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from monitors.core import Cost
from monitors.delta.feed.changes import live_rows, partition_constant
from monitors.delta.feed.commits import ChangedFile, Table
from monitors.delta.feed.conform import Column
from monitors.delta.feed.rows import DataFile
from monitors.delta.feed.stored_file import open_file
from monitors.delta.schema import arrow_type
from monitors.errors import UnreadableError
from monitors.storage.stores import Stores

SAMPLE_ROWS = 10_000
"""Rows to decode at most, from all files together."""
_ENOUGH_BYTES = 32 * 1024 * 1024
"""Bytes read after which no further file is begun; one row group is fetched at a time."""

_POINTER = 8
_ARRAY = sys.getsizeof(np.empty(0))
_LIST = sys.getsizeof([])
_PAIR = sys.getsizeof((None, None))


class Widths(NamedTuple):
    """What some rows take in memory together, in bytes, and what reading them took."""

    rows: int
    arrow: int
    pandas: int
    cost: Cost


def widths(table: Table, files: Sequence[ChangedFile]) -> Widths:
    """The first live rows of some files in memory; a file that cannot be read is passed over.

    Raises UnreadableError when none can be.
    """
    stores, each = Stores(table.uri, table.options), SAMPLE_ROWS // max(len(files), 1)
    trouble: UnreadableError | None = None
    total = Widths(0, 0, 0, Cost())
    for file in files:
        if total.cost.bytes > _ENOUGH_BYTES:
            break
        try:
            found = _of_file(table, file, stores, each)
        except UnreadableError as error:
            trouble = error
            continue
        total = Widths(
            total.rows + found.rows,
            total.arrow + found.arrow,
            total.pandas + found.pandas,
            total.cost + found.cost,
        )
    if not total.rows and trouble is not None:
        raise trouble
    return total


def _of_file(table: Table, file: ChangedFile, stores: Stores, most: int) -> Widths:
    stored = [f for f in table.schema.fields if f.name not in table.partition_columns]
    named = [f for f in table.schema.fields if f.name in table.partition_columns]
    data = DataFile(open_file(stores, stores.locate(file.path), file.size), file.path)
    batches = data.batches(stored, table.schema.mapping, live_rows(file, stores), most)
    columns, rows = next(batches, ([], 0))
    for field in named:
        value = partition_constant(field, file.partition, file.path)
        columns = [*columns, pa.repeat(pa.scalar(value, arrow_type(field.type)), rows)]
    if not rows:
        return Widths(0, 0, 0, data.cost)
    arrow = sum(column.nbytes for column in columns)
    return Widths(rows, arrow, sum(map(pandas_bytes, columns)), data.cost)


def pandas_bytes(column: Column) -> int:
    """What a column takes in a DataFrame of pandas 2, the Python objects in it included.

    Integers with nulls become floats; text, dates, decimals and what is nested become objects, each
    counted as if no other row had the same.
    """
    kind, rows = column.type, len(column)
    if pa.types.is_boolean(kind):
        # With nulls they are objects, but True, False and None exist once.
        return rows * (_POINTER if column.null_count else 1)
    if pa.types.is_integer(kind) and column.null_count:
        return rows * 8
    if _is_numeric(kind):
        width: int = kind.bit_width
        return rows * width // 8
    return rows * _POINTER + _objects(column)


def _is_numeric(kind: Any) -> bool:
    """Whether a column of numpy holds it without objects."""
    types = pa.types
    return any(
        is_one(kind)
        for is_one in (
            types.is_integer,
            types.is_floating,
            types.is_timestamp,
            types.is_duration,
        )
    )


def _objects(column: Column) -> int:
    """What the values take as Python objects; a list is a numpy array, as pyarrow has it."""
    kind, held = column.type, len(column) - int(column.null_count)
    if pa.types.is_list(kind):
        return held * _ARRAY + pandas_bytes(column.flatten())
    if pa.types.is_struct(kind):
        empty = sys.getsizeof(dict.fromkeys(map(str, range(kind.num_fields))))
        return held * empty + sum(_objects(part) for part in column.flatten())
    if pa.types.is_map(kind):
        entries = column.drop_null()
        keys, items = (_inside(entries, part) for part in (entries.keys, entries.items))
        pairs = len(keys) * (_POINTER + _PAIR)
        return held * _LIST + pairs + _objects(keys) + _objects(items)
    if pa.types.is_boolean(kind):
        return 0
    return sum(sys.getsizeof(value) for value in column.to_pylist() if value is not None)


def _inside(column: Column, part: Column) -> Column:
    """The keys or items that a map column means, which may be a slice of those it refers to."""
    start, end = column.offsets[0].as_py(), column.offsets[-1].as_py()
    return part.slice(start, end - start)
