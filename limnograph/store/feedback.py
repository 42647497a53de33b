"""What people say of what checks saw: that it was expected."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from checks.core import Span
from limnograph.store.holding import hold, stamp
from limnograph.store.reading import Ids, of_subjects
from limnograph.store.rows import ExpectedRow
from limnograph.store.schema import expected


def expect(
    connection: Connection,
    subject_id: str,
    check: str,
    span: Span,
    by: str,
    note: str,
    at: datetime,
) -> int:
    """Note that what a check saw in a span was expected; the note's number."""
    hold(connection, [subject_id])
    row = {
        "subject": subject_id,
        "check": check,
        "since": span[0],
        "until": span[1],
        "by": by,
        "note": note,
        "at": at,
    }
    number = connection.execute(insert(expected).returning(expected.c.id), row).scalar_one()
    stamp(connection, [subject_id])
    return int(number)


def read_expected(connection: Connection, subject_ids: Ids) -> list[ExpectedRow]:
    """Every note, by subject, check and time."""
    order = (expected.c.subject, expected.c.check, expected.c.since, expected.c.id)
    query = select(expected).order_by(*order)
    rows = of_subjects(connection, query, expected.c.subject, subject_ids)
    return [ExpectedRow(**row._mapping) for row in rows]


def spans(connection: Connection, subject_id: str, check: str) -> Sequence[Span]:
    """The spans that were expected, by time; they may overlap."""
    here = (expected.c.subject == subject_id) & (expected.c.check == check)
    query = select(expected.c.since, expected.c.until).where(here)
    rows = connection.execute(query.order_by(expected.c.since, expected.c.until))
    return [(row.since, row.until) for row in rows]


def unexpect(connection: Connection, number: int) -> bool:
    """Take a note back; False when there is none of that number."""
    subject_id = connection.scalar(select(expected.c.subject).where(expected.c.id == number))
    if subject_id is None:
        return False
    hold(connection, [subject_id])
    connection.execute(delete(expected).where(expected.c.id == number))
    stamp(connection, [subject_id])
    return True
