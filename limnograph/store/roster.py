"""The subjects that are watched, and those that were."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from limnograph.store.holding import new_subject, stamp
from limnograph.store.schema import subject
from limnograph.store.statements import insert_missing
from monitors.core import Subject


def sync(
    connection: Connection, kind: str, names: Mapping[str, Mapping[str, str]], now: datetime
) -> None:
    """Make the roster of a kind these names with these attributes; what is not named has left."""
    wanted = {Subject(kind, name).id: (name, dict(names[name])) for name in names}
    known = set(connection.scalars(select(subject.c.id).where(subject.c.kind == kind)))
    new = sorted(set(wanted) - known)
    insert_missing(connection, subject, [new_subject(Subject(kind, wanted[id_][0])) for id_ in new])
    query = select(subject).where(subject.c.kind == kind).order_by(subject.c.id)
    changes: list[dict[str, Any]] = []
    for row in connection.execute(query.with_for_update()):
        if row.id in wanted:
            left_at, attributes = None, wanted[row.id][1]
        else:
            left_at, attributes = row.left_at or now, row.attributes
        if (left_at, attributes) != (row.left_at, row.attributes):
            changes.append({"of": row.id, "left": left_at, "attrs": attributes})
    if changes:
        connection.execute(_CHANGE, changes)
    if told := {*new, *(change["of"] for change in changes)}:
        stamp(connection, told)


_CHANGE = (
    update(subject)
    .where(subject.c.id == bindparam("of"))
    .values(left_at=bindparam("left"), attributes=bindparam("attrs"))
)
