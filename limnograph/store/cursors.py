"""Cursors and the counter totals beside them: compared, moved together, never lost.

A cursor belongs to a scope (a subject's id, or SERVICE), an incarnation of it and a monitor. The
totals are JSON, `[[metric, [label values], total], ...]` in order.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, select, update

from limnograph.store.rows import Seen
from limnograph.store.schema import cursor
from limnograph.store.statements import insert_missing
from monitors.core import Cursor, Totals


class Outrun(Exception):
    """Another runner moved the cursor first; raised so that the transaction is rolled back."""


def encoded(totals: Totals) -> list[list[object]]:
    """Totals as a JSON value; equal totals give equal texts."""
    return [[metric, list(labels), value] for (metric, labels), value in sorted(totals.items())]


def decoded(value: Iterable[Sequence[Any]]) -> dict[tuple[str, tuple[str, ...]], float]:
    """Totals from their JSON value."""
    return {(metric, tuple(labels)): total for metric, labels, total in value}


def newest(rows: Iterable[Row[Any]]) -> dict[tuple[str, str], Row[Any]]:
    """Of the rows of `cursor`, that of the greatest incarnation by (scope, monitor)."""
    found: dict[tuple[str, str], Row[Any]] = {}
    for row in rows:
        key = (row.scope, row.monitor)
        if key not in found or found[key].incarnation < row.incarnation:
            found[key] = row
    return found


def move(
    connection: Connection, scope: str, monitor: str, seen: Seen, to: Cursor, incarnation: int
) -> bool:
    """Move a cursor from where it was seen, into an incarnation; True when anything changed.

    Raises Outrun when it is not where it was seen. The totals are compared too: a runner that
    counted from other totals is late even where the position is the same.
    """
    held = _held(connection, scope, monitor)
    if not _same(held, seen):
        raise Outrun
    row = {"position": to.position, "totals": encoded(to.totals)}
    if held is None or held.incarnation != incarnation:
        key = {"scope": scope, "incarnation": incarnation, "monitor": monitor}
        if not insert_missing(connection, cursor, [{**key, **row}]):
            raise Outrun
        return True
    if (held.position, held.totals) == (to.position, row["totals"]):
        return False
    there = {"of": scope, "by": monitor, "in_": incarnation, "from_": held.position}
    if connection.execute(_MOVE, {**there, **row}).rowcount != 1:
        raise Outrun
    return True


_MOVE = update(cursor).where(
    cursor.c.scope == bindparam("of"),
    cursor.c.monitor == bindparam("by"),
    cursor.c.incarnation == bindparam("in_"),
    cursor.c.position == bindparam("from_"),
)


def add(connection: Connection, scope: str, monitor: str, increments: Totals) -> None:
    """Add to the totals of a scope that is not read by position."""
    empty = {"scope": scope, "incarnation": 1, "monitor": monitor, "position": "", "totals": []}
    insert_missing(connection, cursor, [empty])
    here = _key(scope, monitor, 1)
    before = connection.scalars(select(cursor.c.totals).where(here).with_for_update()).one()
    after = decoded(before)
    for key, increment in increments.items():
        after[key] = after.get(key, 0) + increment
    connection.execute(update(cursor).where(here).values(totals=encoded(after)))


def _held(connection: Connection, scope: str, monitor: str) -> Row[Any] | None:
    return connection.execute(_HELD, {"of": scope, "by": monitor}).one_or_none()


_HELD = (
    select(cursor)
    .where(cursor.c.scope == bindparam("of"), cursor.c.monitor == bindparam("by"))
    .order_by(cursor.c.incarnation.desc())
    .limit(1)
)


def _same(held: Row[Any] | None, seen: Seen) -> bool:
    if held is None or seen.cursor is None:
        return held is None and seen.cursor is None
    return (held.incarnation, held.position, decoded(held.totals)) == (
        seen.cursor_incarnation,
        seen.cursor.position,
        dict(seen.cursor.totals),
    )


def _key(scope: str, monitor: str, incarnation: int) -> ColumnElement[bool]:
    return and_(
        cursor.c.scope == scope,
        cursor.c.monitor == monitor,
        cursor.c.incarnation == incarnation,
    )
