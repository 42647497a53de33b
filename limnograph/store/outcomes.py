"""How the last reading of each monitor on each subject ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from limnograph.store.rows import OutcomeRow
from limnograph.store.schema import outcome
from limnograph.store.statements import chunks, upsert
from monitors.core import Outcome, Problem


def write_outcomes(connection: Connection, rows: Sequence[OutcomeRow]) -> set[str]:
    """Write the outcomes of subjects that are held; ids of those where more than times changed."""
    before = _by_key(connection, {row.subject for row in rows})
    changed, written = set(), []
    for row in rows:
        known = before.get((row.subject, row.monitor))
        values = _values(row, known)
        written.append(values)
        if known is None or any(getattr(known, name) != values[name] for name in _TOLD):
            changed.add(row.subject)
    upsert(connection, outcome, written)
    return changed


def outcome_row(row: Row[Any]) -> OutcomeRow:
    """An OutcomeRow from a row of the table."""
    values = dict(row._mapping)
    values["outcome"] = Outcome(row.outcome)
    values["problems"] = tuple(Problem(**problem) for problem in row.problems)
    return OutcomeRow(**values)


_TOLD = ("outcome", "reason", "mend", "problems")


def _by_key(
    connection: Connection, subject_ids: Iterable[str]
) -> Mapping[tuple[str, str], Row[Any]]:
    return {
        (row.subject, row.monitor): row
        for ids in chunks(subject_ids)
        for row in connection.execute(_OF_SUBJECTS, {"ids": ids})
    }


_OF_SUBJECTS = select(outcome).where(outcome.c.subject.in_(bindparam("ids", expanding=True)))


def _values(row: OutcomeRow, known: Row[Any] | None) -> dict[str, Any]:
    success = row.last_success_at
    if success is None:
        assessed = row.outcome is Outcome.ASSESSED
        success = row.at if assessed else known.last_success_at if known else None
    return {
        "subject": row.subject,
        "monitor": row.monitor,
        "outcome": row.outcome.value,
        "reason": row.reason,
        "mend": row.mend,
        "problems": [asdict(problem) for problem in row.problems],
        "at": row.at,
        "last_success_at": success,
        "run": row.run,
    }
