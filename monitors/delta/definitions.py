"""How a log defines its table: columns, layout, properties and protocol, as plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from monitors.core import Column, Definition
from monitors.delta.live.table import TableState, schema_of
from monitors.delta.log import features
from monitors.delta.log.actions import Clustering, Metadata, Protocol
from monitors.delta.schema import Array, DeltaType, Field, MapOf, Primitive, Schema, Struct

_Path = tuple[str, ...]


class Terms(NamedTuple):
    """What defines a table, as the log has it; None where the log does not tell."""

    metadata: Metadata | None
    protocol: Protocol | None
    clustering: Clustering


def terms_of(state: TableState) -> Terms:
    """What defines a table in a state."""
    return Terms(state.metadata, state.protocol, state.clustering)


def definition_of(
    terms: Terms, version: int, at: datetime, info: Mapping[str, Any]
) -> Definition | None:
    """The definition of a version; None where the log does not tell it.

    `info` is that version's commitInfo, empty where the commit is not known. Raises
    UnreadableError when the schema cannot be understood.
    """
    metadata, protocol, clustering = terms
    if metadata is None or protocol is None:
        return None
    schema = schema_of(metadata)
    return Definition(
        version=version,
        at=at,
        table_id=metadata.id,
        columns=tuple(columns(schema)),
        partition_columns=metadata.partition_columns,
        clustering_columns=tuple(_logical(schema, path) for path in clustering),
        properties=metadata.properties,
        features=features.names(protocol, metadata),
        reader=protocol.reader,
        writer=protocol.writer,
        operation=_text(info, "operation"),
        user=_text(info, "userName") or _text(info, "userId"),
    )


def same(one: Definition, other: Definition) -> bool:
    """Whether two definitions say the same, whichever commits they are of."""
    return one == replace(
        other, version=one.version, at=one.at, operation=one.operation, user=one.user
    )


def columns(schema: Schema) -> Iterator[Column]:
    """The columns of a schema in their order, each followed by its fields."""
    mapped = schema.mapping != "none"
    for field in schema.fields:
        yield from _field(field, (), (), mapped=mapped)


def _field(field: Field, above: _Path, physical: _Path, *, mapped: bool) -> Iterator[Column]:
    path, place = (*above, field.name), (*physical, field.physical_name)
    yield from _typed(field.type, path, place, field.nullable, mapped=mapped)


def _typed(
    kind: DeltaType, path: _Path, place: _Path, nullable: bool, *, mapped: bool
) -> Iterator[Column]:
    identity = "/".join(place) if mapped else ""
    match kind:
        case Primitive(name):
            yield Column(path, name, nullable, identity)
        case Struct(fields):
            yield Column(path, "struct", nullable, identity)
            for field in fields:
                yield from _field(field, path, place, mapped=mapped)
        case Array(element, contains_null):
            yield Column(path, "array", nullable, identity)
            yield from _part("element", element, path, place, contains_null, mapped=mapped)
        case MapOf(key, value, value_contains_null):
            yield Column(path, "map", nullable, identity)
            yield from _part("key", key, path, place, False, mapped=mapped)
            yield from _part("value", value, path, place, value_contains_null, mapped=mapped)


def _part(
    name: str, kind: DeltaType, path: _Path, place: _Path, nullable: bool, *, mapped: bool
) -> Iterator[Column]:
    yield from _typed(kind, (*path, name), (*place, name), nullable, mapped=mapped)


def _logical(schema: Schema, physical: _Path) -> str:
    """The dotted name of a column by its physical path; that path where no column has it."""
    fields, names = schema.fields, []
    for part in physical:
        field = next((field for field in fields if field.physical_name == part), None)
        if field is None:
            return ".".join(physical)
        names.append(field.name)
        fields = field.type.fields if isinstance(field.type, Struct) else ()
    return ".".join(names)


def _text(info: Mapping[str, Any], name: str) -> str:
    value = info.get(name)
    return value if isinstance(value, str) else ""
