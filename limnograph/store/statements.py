"""The few statements that each database spells in its own way, and lists cut to their limits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, true
from sqlalchemy.dialects import postgresql, sqlite

_LIST_LIMIT = 5_000
"""Values in one IN list: far below what either database takes as parameters of a statement."""

Row = Mapping[str, Any]


def inserting(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """INSERT in a dialect, which is what knows ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


# Building a statement takes longer than SQLite takes to run it, and there are few different ones.
@lru_cache(maxsize=256)
def _insert_missing(dialect: str, table: Table) -> Insert:
    return inserting(dialect, table).on_conflict_do_nothing()


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Table, replaced: frozenset[str]) -> Insert:
    statement = inserting(dialect, table)
    key = [column.name for column in table.primary_key]
    values = {c.name: statement.excluded[c.name] for c in table.c if c.name in replaced - {*key}}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert the rows whose key is not there yet; returns how many that were."""
    if not rows:
        return 0
    result = connection.execute(
        _insert_missing(connection.dialect.name, table),
        [dict(row) for row in rows],
        execution_options={"preserve_rowcount": True},
    )
    return result.rowcount


def upsert(
    connection: Connection, table: Table, rows: Sequence[Row], keep: Sequence[str] = ()
) -> None:
    """Insert the rows; where the primary key is there already, replace all columns but `keep`."""
    if not rows:
        return
    replaced = frozenset(rows[0]).difference(keep)
    statement = _upsert(connection.dialect.name, table, replaced)
    connection.execute(statement, [dict(row) for row in rows])


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
