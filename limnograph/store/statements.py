"""The few statements that each database spells in its own way, and lists cut to their limits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, true
from sqlalchemy.dialects import postgresql, sqlite

_LIST_LIMIT = 5_000
"""Values in one IN list: far below what either database takes as parameters of a statement."""

Row = Mapping[str, Any]


def inserting(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """INSERT in the dialect of the connection, which is what knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert the rows whose key is not there yet; returns how many that were."""
    if not rows:
        return 0
    statement = inserting(connection, table).on_conflict_do_nothing()
    result = connection.execute(
        statement, [dict(row) for row in rows], execution_options={"preserve_rowcount": True}
    )
    return result.rowcount


def upsert(
    connection: Connection, table: Table, rows: Sequence[Row], keep: Sequence[str] = ()
) -> None:
    """Insert the rows; where the primary key is there already, replace all columns but `keep`."""
    if not rows:
        return
    statement = inserting(connection, table)
    key = [column.name for column in table.primary_key]
    values = {
        name: statement.excluded[name] for name in rows[0] if name not in key and name not in keep
    }
    connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_=values), [dict(r) for r in rows]
    )


def chunks(values: Iterable[str]) -> Iterator[Sequence[str]]:
    """The distinct values, sorted, in lists that fit into a statement."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), _LIST_LIMIT):
        yield ordered[start : start + _LIST_LIMIT]


def between(
    column: ColumnElement[Any], since: datetime | None, until: datetime | None
) -> ColumnElement[bool]:
    """At or after `since`, and before `until`."""
    after = true() if since is None else column >= since
    return after if until is None else after & (column < until)
