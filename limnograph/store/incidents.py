"""Incidents as rows: found, written, and changed by people.

Whoever changes one holds its subject's row, as whoever judges does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, true

from checks.incidents import Incident, incident_id
from limnograph.store.documents import incident_json, incident_of
from limnograph.store.failures import IncidentError
from limnograph.store.holding import hold, stamp
from limnograph.store.reading import Ids, of_subjects
from limnograph.store.schema import Time, incident
from limnograph.store.statements import upsert

SHORTEST = 4
"""Characters of an id that a person must give."""

Key = tuple[str, str]
"""A check's full id and a slice."""

Alter = Callable[[Incident], Incident]


def read_incidents(
    connection: Connection, subject_ids: Ids, *, open_only: bool, since: datetime | None
) -> list[Incident]:
    """Incidents by when they opened; with `since` those that were open then or later."""
    query = select(incident).order_by(incident.c.subject, incident.c.opened_at, incident.c.id)
    still_open = incident.c.resolved_at.is_(None)
    if open_only:
        query = query.where(still_open)
    if since is not None:
        query = query.where(or_(still_open, incident.c.resolved_at >= since))
    rows = of_subjects(connection, query, incident.c.subject, subject_ids)
    found = [incident_of(row) for row in rows]
    return sorted(found, key=lambda one: (one.opened_at, one.check, one.slice, one.id))


def find(connection: Connection, prefix: str) -> Incident:
    """The one incident whose id begins so; IncidentError when there is none, or more than one."""
    if len(prefix) < SHORTEST or not prefix.isalnum():
        raise IncidentError(
            f"{prefix!r} is no incident's id",
            f"write the first characters of one, at least {SHORTEST}; "
            "`limnograph incidents list` shows them",
        )
    query = select(incident).where(incident.c.id.startswith(prefix.lower(), autoescape=True))
    rows = connection.execute(query.order_by(incident.c.id).limit(2)).all()
    if len(rows) == 1:
        return incident_of(rows[0])
    what = f"more than one incident's id begins with {prefix!r}" if rows else None
    raise IncidentError(
        what or f"there is no incident {prefix!r}",
        "write more of it" if rows else "`limnograph incidents list --all` shows what there is",
    )


def alter(connection: Connection, prefix: str, change: Alter, now: datetime) -> Incident:
    """Change an open incident for a person; IncidentError when it is not there or not open."""
    known = find(connection, prefix)
    hold(connection, [known.subject])
    # Only now nobody else can change it.
    before = find(connection, known.id)
    if not before.open:
        raise IncidentError(
            f"incident {before.id} is resolved",
            f"`limnograph incidents show {before.id}` tells more",
        )
    after = replace(change(before), updated_at=now)
    write(connection, [after])
    stamp(connection, [after.subject])
    return after


def in_force(connection: Connection, subject_id: str, now: datetime) -> Mapping[Key, Incident]:
    """By check and slice, the open incidents of a subject, else those whose snooze still counts."""
    found: dict[Key, Incident] = {}
    for row in connection.execute(_IN_FORCE, {"of": subject_id, "now": now}):
        one = incident_of(row)
        key = (one.check, one.slice)
        # The newest comes last, and the open one is the newest.
        found[key] = one
    return found


_IN_FORCE = (
    select(incident)
    .where(
        incident.c.subject == bindparam("of"),
        or_(
            incident.c.resolved_at.is_(None),
            incident.c.snoozed_until > bindparam("now", type_=Time),
        ),
    )
    .order_by(incident.c.opened_at, incident.c.resolved_at.is_(None))
)


def numbered(connection: Connection, opened: Incident) -> Incident:
    """A new incident under an id that is free: one that ended may have opened at the same time."""
    nth = 0
    while connection.scalar(select(true()).where(incident.c.id == opened.id)):
        nth += 1
        opened = replace(opened, id=incident_id(opened.check, opened.slice, opened.opened_at, nth))
    return opened


def write(connection: Connection, incidents: Sequence[Incident], run: str | None = None) -> None:
    """Write incidents of a subject that is held; `run` is that in which new ones opened."""
    rows = [_row(one, run or "") for one in incidents]
    upsert(connection, incident, rows, keep=("run",))


def _row(one: Incident, run: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "fingerprint": one.fingerprint,
        "subject": one.subject,
        "check": one.check,
        "slice": one.slice,
        "status": str(one.status),
        "severity": str(one.severity),
        "opened_at": one.opened_at,
        "updated_at": one.updated_at,
        "since": one.since,
        "resolved_at": one.resolved_at,
        "snoozed_until": one.snoozed_until,
        "silent": one.silent,
        "told_status": str(one.told.status) if one.told else None,
        "told_severity": str(one.told.severity) if one.told else None,
        "sequence": one.sequence,
        "run": run,
        "document": incident_json(one),
    }


def acknowledged(by: str, note: str, now: datetime) -> Alter:
    """Somebody knows of it."""
    return lambda one: replace(one, acknowledged_by=by, acknowledged_note=note, acknowledged_at=now)


def unacknowledged(one: Incident) -> Incident:
    """Nobody knows of it any more."""
    return replace(one, acknowledged_by="", acknowledged_note="", acknowledged_at=None)


def snoozed(until: datetime, by: str, note: str) -> Alter:
    """Nobody wants to hear of it until a time."""
    return lambda one: replace(one, snoozed_until=until, snoozed_by=by, snoozed_note=note)


def unsnoozed(now: datetime) -> Alter:
    """The snooze ends now: the next evaluation tells of it again if it is still open."""
    return lambda one: replace(one, snoozed_until=now) if one.snoozed(now) else one
