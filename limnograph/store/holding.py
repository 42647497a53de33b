"""Who may write what, and who is told: a subject's row is its lock, the revision its news.

Writers take their locks in one order, so that no two wait for each other: subjects by id, then what
belongs to them, then the revision. Whoever holds a subject's row is the only one to write anything
of that subject. On SQLite a writing transaction is the only one altogether.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select, update

from limnograph.store.schema import revision, subject
from limnograph.store.statements import chunks, insert_missing
from monitors.core import Subject


def hold(connection: Connection, subject_ids: Collection[str]) -> set[str]:
    """Wait until no other transaction writes these subjects, and keep the others waiting.

    Returns those that exist: one that is created later is not held, and not to be stamped.
    """
    query = select(subject.c.id).order_by(subject.c.id).with_for_update()
    return {
        found
        for ids in chunks(subject_ids)
        for found in connection.scalars(query.where(subject.c.id.in_(ids)))
    }


def hold_one(connection: Connection, of: Subject) -> int:
    """Hold a subject, creating it when it is new; its incarnation."""
    if (incarnation := connection.scalar(_HOLD_ONE, {"of": of.id})) is None:
        insert_missing(connection, subject, [new_subject(of)])
        incarnation = connection.scalars(_HOLD_ONE, {"of": of.id}).one()
    return int(incarnation)


_HOLD_ONE = select(subject.c.incarnation).where(subject.c.id == bindparam("of")).with_for_update()


def new_subject(of: Subject) -> dict[str, object]:
    """The row of a subject that has not been read yet."""
    return {
        "id": of.id,
        "kind": of.kind,
        "name": of.name,
        "incarnation": 1,
        "left_at": None,
        "attributes": {},
        "revision": 0,
    }


def stamp(connection: Connection, subject_ids: Collection[str] = ()) -> None:
    """Raise the revision and mark the subjects, which must be held, with it.

    The revision's row stays locked until the transaction ends, so that numbers are published in
    their order and no reader of `changed_since` misses one.
    """
    connection.execute(_RAISE)
    number = current_revision(connection)
    for ids in chunks(subject_ids):
        connection.execute(_MARK, {"ids": ids, "number": number})


_RAISE = update(revision).values(value=revision.c.value + 1)
_REVISION = select(revision.c.value)
_MARK = (
    update(subject)
    .where(subject.c.id.in_(bindparam("ids", expanding=True)))
    .values(revision=bindparam("number"))
)


def current_revision(connection: Connection) -> int:
    """The number of the last change."""
    return int(connection.scalars(_REVISION).one())


def changed_after(connection: Connection, number: int) -> Sequence[str]:
    """Ids of the subjects that were marked after a revision."""
    query = select(subject.c.id).where(subject.c.revision > number).order_by(subject.c.id)
    return connection.scalars(query).all()
