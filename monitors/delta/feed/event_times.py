"""The newest value of a time column over live files, by reading that column.

Synchronous, and from picklable values: it runs in worker processes.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from monitors.core import Cost
from monitors.delta.feed.changes import live_rows, partition_constant
from monitors.delta.feed.commits import ChangedFile, Table, each
from monitors.delta.feed.conform import Column
from monitors.delta.feed.counts import live_count
from monitors.delta.feed.rows import DataFile
from monitors.delta.feed.stored_file import open_file
from monitors.delta.schema import Field, Leaf, Mapping, Primitive, Struct
from monitors.errors import UnreadableError
from monitors.storage.stores import Stores

_TIMES = ("timestamp", "timestamp_ntz", "date")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Newest(NamedTuple):
    """The greatest value in microseconds since 1970, None where no live row has one."""

    microseconds: int | None
    cost: Cost


def newest(table: Table, files: Sequence[ChangedFile], column: str) -> Newest:
    """The greatest value of a date or timestamp column over the live rows of some files.

    `column` may be nested (`a.b`). Dates count from their midnight in UTC, timestamps without
    time zone as if in UTC. Raises VacuumedError when a file is gone, UnreadableError otherwise.
    """
    stores, leaf = Stores(table.uri, table.options), table.schema.leaf(column)
    if not isinstance(leaf.type, Primitive) or leaf.type.kind not in _TIMES:
        raise UnreadableError(
            f"column {column!r} is {leaf.type}, not a time", "declare a date or timestamp column"
        )
    wanted = pruned(table.schema.fields, leaf)
    depth = len(leaf.path) - 1
    if wanted.name in table.partition_columns:
        found = each(partial(_of_partition, field=wanted, stores=stores), files)
    else:
        read = partial(
            _of_rows, field=wanted, depth=depth, stores=stores, mapping=table.schema.mapping
        )
        found = each(read, files)
    greatest, cost = None, Cost()
    for value, spent in found:
        greatest, cost = _max(greatest, value), cost + spent
    return Newest(greatest, cost)


def pruned(fields: Sequence[Field], leaf: Leaf) -> Field:
    """A top-level field that holds nothing but the way to a leaf."""
    field = next(field for field in fields if field.name == leaf.path[0])
    if len(leaf.path) == 1 or not isinstance(field.type, Struct):
        return field
    child = pruned(field.type.fields, Leaf(leaf.path[1:], leaf.physical_path[1:], leaf.type))
    return Field(field.name, Struct((child,)), field.physical_name, field.field_id)


def _of_partition(file: ChangedFile, field: Field, stores: Stores) -> Newest:
    """A file without live rows has no value, whatever its partition."""
    rows, cost = live_count(file, stores)
    value = partition_constant(field, file.partition, file.path)
    return Newest(_microseconds(value) if rows else None, cost)


def _of_rows(
    file: ChangedFile, field: Field, depth: int, stores: Stores, mapping: Mapping
) -> Newest:
    data = DataFile(open_file(stores, stores.locate(file.path), file.size), file.path)
    greatest = None
    for (column,), _ in data.batches([field], mapping, live_rows(file, stores)):
        greatest = _max(greatest, _greatest(column, depth))
    return Newest(greatest, data.cost)


def _greatest(column: Column, depth: int) -> int | None:
    for _ in range(depth):
        column = pc.struct_field(column, [0])
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    value: int | None = pc.max(column.cast(pa.int64())).as_py()
    return value


def _microseconds(value: date | datetime | None) -> int | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _max(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)
