"""Verdicts, incidents and messages as JSON values, and back: the parts nobody searches by.

What a newer program added to a value is left out, and what an older one did not write is as if it
were empty, so that what waits to be told survives an upgrade.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from checks.core import Severity, Status, Verdict
from checks.incidents import Incident, Rank
from exporters.core import Change, Message
from exporters.verdicts import plain
from limnograph.store.schema import EPOCH, micros

Document = Mapping[str, Any]


def value_json(value: Any) -> Any:
    """Text, a number or a time, so that it comes back as what it was."""
    if isinstance(value, datetime):
        return {"time": micros(value)}
    if isinstance(value, float) and not isfinite(value):
        return {"number": str(value)}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def value_of(stored: Any) -> Any:
    """What `value_json` was made of."""
    if not isinstance(stored, Mapping):
        return stored
    return float(stored["number"]) if "number" in stored else time_of(stored["time"])


def time_of(stored: int | None) -> datetime | None:
    """A time from its microseconds."""
    return None if stored is None else EPOCH + timedelta(microseconds=stored)


def verdict_json(verdict: Verdict, *, whole: bool) -> Document:
    """A verdict but its slice, status and reason; what is `whole` has samples and detail."""
    known: dict[str, Any] = {
        "mend": verdict.mend,
        "observed": value_json(verdict.observed),
        "expected": verdict.expected,
        "lower": value_json(verdict.lower),
        "upper": value_json(verdict.upper),
        "window": [micros(at) for at in verdict.window] if verdict.window else None,
        "look": verdict.look,
        "rows": verdict.rows,
        "bad": verdict.bad,
    }
    if whole:
        known["samples"] = plain(verdict.samples)
        known["detail"] = plain(verdict.detail)
    # Most of it is empty most of the time, in tens of thousands of rows.
    return {name: value for name, value in known.items() if value not in (None, "", [], {})}


def verdict_of(status: str, reason: str, slice: str, document: Document) -> Verdict:
    """The verdict that was stored."""
    window = document.get("window")
    return Verdict(
        status=Status(status),
        reason=reason,
        slice=slice,
        mend=document.get("mend", ""),
        observed=value_of(document.get("observed")),
        expected=document.get("expected", ""),
        lower=value_of(document.get("lower")),
        upper=value_of(document.get("upper")),
        window=tuple(map(time_of, window)) if window else None,  # type: ignore[arg-type]
        look=document.get("look", ""),
        rows=document.get("rows"),
        bad=document.get("bad"),
        samples=tuple(document.get("samples", ())),
        detail=document.get("detail", {}),
    )


INCIDENT_TEXTS = (
    "reason",
    "mend",
    "expected",
    "look",
    "owner",
    "description",
    "ending",
    "acknowledged_by",
    "acknowledged_note",
    "snoozed_by",
    "snoozed_note",
)


def incident_json(incident: Incident) -> Document:
    """The parts of an incident that have no column."""
    known: dict[str, Any] = {name: getattr(incident, name) for name in INCIDENT_TEXTS}
    known["observed"] = value_json(incident.observed)
    known["tags"] = list(incident.tags)
    for name in ("last_good", "acknowledged_at"):
        at = getattr(incident, name)
        known[name] = micros(at) if at else None
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def incident_of(row: Any) -> Incident:
    """The incident of a row of the table."""
    document: Document = row.document
    told = None
    if row.told_status is not None:
        told = Rank(Status(row.told_status), Severity(row.told_severity))
    return Incident(
        id=row.id,
        check=row.check,
        subject=row.subject,
        slice=row.slice,
        status=Status(row.status),
        severity=Severity(row.severity),
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        since=row.since,
        resolved_at=row.resolved_at,
        snoozed_until=row.snoozed_until,
        silent=row.silent,
        told=told,
        sequence=row.sequence,
        observed=value_of(document.get("observed")),
        tags=tuple(document.get("tags", ())),
        last_good=time_of(document.get("last_good")),
        acknowledged_at=time_of(document.get("acknowledged_at")),
        **{name: document.get(name, "") for name in INCIDENT_TEXTS},
    )


_TIMES = ("at", "since", "last_good")
_LISTS = ("tags", "items")


def message_json(message: Message) -> Document:
    """A message, whole."""
    known = {one.name: getattr(message, one.name) for one in fields(message)}
    for name in _TIMES:
        known[name] = micros(known[name]) if known[name] else None
    return {**known, **{name: list(known[name]) for name in _LISTS}, "change": str(message.change)}


def message_of(document: Document) -> Message:
    """The message that was stored."""
    names = {one.name for one in fields(Message)}
    known = {name: value for name, value in document.items() if name in names}
    for name in _TIMES:
        known[name] = time_of(known.get(name))
    for name in _LISTS:
        known[name] = tuple(known.get(name, ()))
    known["change"] = Change(known["change"])
    return Message(**known)
