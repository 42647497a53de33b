"""How tables were defined: a row per commit that set a definition, written as facts are."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from limnograph.store.schema import definition
from limnograph.store.statements import between, upsert
from monitors.core import Column, Definition

_PLAIN = ("version", "at", "operation", "user")
_LISTS = ("partition_columns", "clustering_columns", "features")
_DOCUMENT = tuple(field.name for field in fields(Definition) if field.name not in _PLAIN)


def write_definitions(
    connection: Connection, subject_id: str, incarnation: int, found: Sequence[Definition]
) -> None:
    """Write definitions of an incarnation; one that is there already is replaced."""
    owner = {"subject": subject_id, "incarnation": incarnation}
    upsert(connection, definition, [{**owner, **_values(one)} for one in found])


def read_definitions(
    connection: Connection,
    subject_id: str,
    since: datetime | None,
    until: datetime | None,
    incarnation: int | None,
) -> list[Definition]:
    """The definitions of a table, by incarnation and version."""
    query = (
        select(definition)
        .where(definition.c.subject == subject_id, between(definition.c.at, since, until))
        .order_by(definition.c.incarnation, definition.c.version)
    )
    if incarnation is not None:
        query = query.where(definition.c.incarnation == incarnation)
    return [_definition(row) for row in connection.execute(query)]


def _values(one: Definition) -> Mapping[str, Any]:
    document = {name: getattr(one, name) for name in _DOCUMENT}
    document["properties"] = dict(one.properties)
    document["columns"] = [[c.path, c.type, c.nullable, c.id] for c in one.columns]
    return {**{name: getattr(one, name) for name in _PLAIN}, "document": document}


def _definition(row: Row[Any]) -> Definition:
    values = {name: value for name, value in row.document.items() if name in _DOCUMENT}
    values |= {name: tuple(values[name]) for name in _LISTS}
    values["columns"] = tuple(
        Column(tuple(path), kind, nullable, id_) for path, kind, nullable, id_ in values["columns"]
    )
    return Definition(row.version, row.at, operation=row.operation, user=row.user, **values)
