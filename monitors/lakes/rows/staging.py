"""Which columns of a table are staged for statements."""

from collections.abc import Iterator

import pyarrow as pa

from monitors.delta.feed.commits import Table
from monitors.delta.schema import Array, DeltaType, MapOf, Primitive, Struct, arrow_type
from monitors.errors import UnreadableError


def staged_columns(table: Table, names: frozenset[str] | None) -> list[str]:
    """The columns of a table among some lower-case names; with None, all of them.

    UnreadableError when SQL cannot read one of them.
    """
    fields = [f for f in table.schema.fields if names is None or f.name.lower() in names]
    for field in fields:
        for kind in _parts(field.type):
            if isinstance(kind, Primitive) and (why := _unsupported(kind)):
                raise UnreadableError(
                    f"the column {field.name!r} {why}, which SQL on the embedded lake cannot read",
                    "name the columns that the check needs, without this one",
                )
    return [field.name for field in fields]


def table_schema(table: Table) -> pa.Schema:
    """The columns of a table; one of a type that is unknown here is null."""
    return pa.schema([pa.field(f.name, _arrow(f.type)) for f in table.schema.fields])


def _arrow(kind: DeltaType) -> pa.DataType:
    try:
        found: pa.DataType = arrow_type(kind)
    except UnreadableError:
        return pa.null()
    return found


def _unsupported(kind: Primitive) -> str:
    if kind.kind in ("variant", "geometry", "geography"):
        return f"is a {kind.kind}"
    try:
        arrow_type(kind)
    except UnreadableError:
        return f"has the type {str(kind)!r}"
    return ""


def _parts(kind: DeltaType) -> Iterator[DeltaType]:
    """A type and every type in it."""
    yield kind
    match kind:
        case Struct(fields):
            for field in fields:
                yield from _parts(field.type)
        case Array(element):
            yield from _parts(element)
        case MapOf(key, value):
            yield from _parts(key)
            yield from _parts(value)
