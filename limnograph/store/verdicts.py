"""The newest verdict of every check and slice, and how it came to be: read and written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, select

from checks.core import Check, Severity, Status, Verdict
from checks.incidents import Trail
from limnograph.incidents import Turn
from limnograph.store.documents import verdict_json, verdict_of
from limnograph.store.reading import Ids, of_subjects
from limnograph.store.rows import Record, VerdictChange, VerdictRow
from limnograph.store.schema import Name, Words, held, verdict, verdict_log
from limnograph.store.statements import between, upsert

_BAD, _GOOD = "-", "+"
Key = tuple[str, str]
"""A check's id and a slice."""


def any_verdict(connection: Connection) -> bool:
    """Whether anything was ever judged."""
    return bool(connection.scalar(select(exists(select(verdict.c.subject)))))


def read_verdicts(connection: Connection, subject_ids: Ids) -> list[VerdictRow]:
    """The newest verdicts, by subject, check and slice."""
    query = select(verdict).order_by(verdict.c.subject, verdict.c.check, verdict.c.slice)
    return [
        VerdictRow(
            subject=row.subject,
            check=row.check,
            verdict=verdict_of(row.status, row.reason, row.slice, row.document),
            at=row.at,
            since=row.since,
            last_pass_at=row.last_pass_at,
            run=row.run,
            duration=row.duration,
            severity=Severity(row.severity),
            owner=row.owner,
            tags=tuple(row.tags),
            kind=row.kind,
            description=row.description,
        )
        for row in of_subjects(connection, query, verdict.c.subject, subject_ids)
    ]


def read_history(
    connection: Connection, subject_id: str, check: str, since: datetime | None
) -> list[VerdictChange]:
    """What a check said of its subject, by time and slice."""
    here = (verdict_log.c.subject == subject_id) & (verdict_log.c.check == check)
    query = select(verdict_log).where(here, between(verdict_log.c.at, since, None))
    return [
        VerdictChange(
            subject=row.subject,
            check=row.check,
            at=row.at,
            verdict=verdict_of(row.status, row.reason, row.slice, row.document),
            severity=Severity(row.severity),
            run=row.run,
        )
        for row in connection.execute(query.order_by(verdict_log.c.at, verdict_log.c.slice))
    ]


def judged_checks(connection: Connection, subject_ids: Ids) -> dict[str, set[str]]:
    """The ids of the checks that have verdicts, by subject."""
    query = select(verdict.c.subject, verdict.c.check).distinct().order_by(verdict.c.subject)
    found: dict[str, set[str]] = {}
    for row in of_subjects(connection, query, verdict.c.subject, subject_ids):
        found.setdefault(row.subject, set()).add(row.check)
    return found


def stored_verdicts(connection: Connection, subject_id: str) -> Mapping[Key, Row[Any]]:
    """The rows of a subject's newest verdicts."""
    rows = connection.execute(_STORED, {"of": subject_id})
    return {(row.check, row.slice): row for row in rows}


_STORED = select(verdict).where(verdict.c.subject == bindparam("of"))


def trail_of(row: Row[Any]) -> Trail:
    """What the verdicts of a slice were."""
    recent = tuple(mark == _BAD for mark in row.recent)
    return Trail(recent, row.bad_since, row.last_pass_at)


def row_of(
    record: Record, check: Check, duration: float, turn: Turn, before: Row[Any] | None
) -> dict[str, Any]:
    """The row of a verdict that a slice has now."""
    found = turn.verdict
    assert found is not None
    same = before is not None and before.status == found.status
    return {
        "subject": record.subject.id,
        "check": check.id,
        "slice": turn.slice,
        "status": str(found.status),
        "reason": held(found.reason),
        "severity": str(check.severity),
        "kind": check.kind,
        "owner": check.owner,
        "tags": list(check.tags),
        "description": check.description,
        "at": record.now,
        "since": before.since if before is not None and same else record.now,
        "last_pass_at": turn.trail.last_pass,
        "bad_since": turn.trail.bad_since,
        "recent": "".join(_BAD if bad else _GOOD for bad in turn.trail.recent),
        "run": record.run,
        "duration": duration,
        "document": verdict_json(found, whole=True),
    }


def told_apart(row: Mapping[str, Any], before: Row[Any] | None) -> bool:
    """Whether people see more than times change."""
    return before is None or any(getattr(before, name) != row[name] for name in _SEEN)


_SEEN = ("status", "reason", "severity", "kind", "owner", "tags", "description", "document")


def makes_history(row: Mapping[str, Any], before: Row[Any] | None) -> bool:
    """Whether it is a change worth keeping.

    A reason holds numbers, so that of what passes changes with every evaluation; what it observed
    is in its series.
    """
    if before is None or before.status != row["status"]:
        return True
    return bool(row["status"] != Status.PASS and before.reason != row["reason"])


def write_verdicts(
    connection: Connection, rows: Sequence[tuple[Mapping[str, Any], Verdict, bool]]
) -> None:
    """Write verdicts; those that make history are kept as such too."""
    upsert(connection, verdict, [row for row, _, _ in rows])
    names = ("subject", "check", "slice", "at", "status", "reason", "severity", "run")
    history = [
        {
            **{name: row[name] for name in names},
            "document": verdict_json(found, whole=False),
        }
        for row, found, changed in rows
        if changed
    ]
    upsert(connection, verdict_log, history)


def drop_slices(connection: Connection, subject_id: str, keys: Sequence[Key]) -> None:
    """Forget the verdicts of slices that are no longer reported; their history stays."""
    if keys:
        rows = [{"of": subject_id, "by": check, "part": name} for check, name in keys]
        connection.execute(_DROP_SLICE, rows)


_DROP_SLICE = delete(verdict).where(
    verdict.c.subject == bindparam("of"),
    verdict.c.check == bindparam("by", type_=Name),
    verdict.c.slice == bindparam("part", type_=Words),
)
