"""Incidents for people and programs: the list of them, and one with its past and its messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from checks.core import Severity, Verdict
from checks.incidents import Incident
from exporters.columns import Cell, Column, fitted
from exporters.core import Message
from exporters.document_text import facts_grid
from exporters.message_text import line, title
from exporters.verdicts import SCHEMA_VERSION, observed_text, plain, time_text
from exporters.verdicts_text import STYLES, words
from exporters.wording import ago, moment, plural

SHORT = 8
"""Characters of an id that are shown, if they are enough to tell it from the others."""

COLUMNS = (
    Column("Incident"),
    Column("Severity"),
    Column("Check", folds=True),
    Column("Verdict"),
    Column("State"),
    Column("Since"),
    Column("Owner", rank=1),
    Column("Why", rank=2, folds=True),
)
_MESSAGES = (
    Column("Message"),
    Column("Channel"),
    Column("State"),
    Column("At"),
    Column("Error", rank=1, folds=True),
)
_CHANGES = (Column("At"), Column("Verdict"), Column("Why", folds=True))


@dataclass(frozen=True, slots=True)
class Told:
    """A message of an incident for one channel; `at` is of the last try, None before the first."""

    event_id: str
    change: str
    channel: str
    state: str
    at: datetime | None
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of an incident beside itself: its verdicts by time, and its messages."""

    verdicts: Sequence[tuple[datetime, Verdict]]
    messages: Sequence[Told]


def listed_json(incidents: Sequence[Incident], now: datetime) -> dict[str, Any]:
    """Incidents as one JSON document, the worst first."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": time_text(now),
        "incidents": [incident_json(one, now) for one in ordered(incidents)],
    }


def listed_text(incidents: Sequence[Incident], now: datetime, console: Console) -> None:
    """A line per incident, the worst first."""
    shown = ordered(incidents)
    width = shortest([one.id for one in shown])
    lines = [_listed(one, width, now) for one in shown]
    if lines:
        console.print(fitted(COLUMNS, lines, console.width), crop=False)
    console.print(("\n" if lines else "") + plural(len(lines), "incident"), highlight=False)


def shown_json(incident: Incident, past: Past, now: datetime) -> dict[str, Any]:
    """One incident as a JSON document, with its verdicts and messages."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": time_text(now),
        "incident": incident_json(incident, now),
        "verdicts": [
            {
                "at": time_text(at),
                "status": str(one.status),
                "reason": one.reason,
                "observed": plain(one.observed),
                "expected": one.expected,
            }
            for at, one in past.verdicts
        ],
        "messages": [message_json(one) for one in past.messages],
    }


def shown_text(incident: Incident, past: Past, now: datetime, console: Console) -> None:
    """One incident for a person."""
    console.print(Text(_about(incident), style="bold"))
    console.print()
    console.print(facts_grid((name, line(value)) for name, value in _facts(incident, now)))
    if past.verdicts:
        lines = [
            (moment(at), Text(words(one.status), style=STYLES[one.status]), Text(line(one.reason)))
            for at, one in past.verdicts
        ]
        console.print()
        console.print(fitted(_CHANGES, lines, console.width), crop=False)
    if past.messages:
        console.print()
        messages_text(past.messages, console)


def messages_text(messages: Sequence[Told], console: Console) -> None:
    """A line per message of one incident."""
    lines = [_message(one) for one in messages]
    console.print(fitted(_MESSAGES, lines, console.width), crop=False)


def listed_messages_text(messages: Sequence[tuple[Message, Told]], console: Console) -> None:
    """A line per message of any incident."""
    about = Column("About", folds=True)
    lines = [(*_message(told), Text(title(message))) for message, told in messages]
    if lines:
        console.print(fitted((*_MESSAGES, about), lines, console.width), crop=False)
    console.print(("\n" if lines else "") + plural(len(lines), "message"), highlight=False)


def listed_messages_json(messages: Sequence[tuple[Message, Told]]) -> dict[str, Any]:
    """Messages as one JSON document, the oldest first."""
    return {
        "schema_version": SCHEMA_VERSION,
        "messages": [
            {**message_json(told), "incident": message.incident, "title": message.title}
            for message, told in messages
        ],
    }


def message_json(told: Told) -> dict[str, Any]:
    """What became of a message, as a JSON value."""
    return {
        "event_id": told.event_id,
        "change": told.change,
        "channel": told.channel,
        "state": told.state,
        "at": time_text(told.at),
        "attempts": told.attempts,
        "error": told.error,
    }


def _message(told: Told) -> tuple[Cell, ...]:
    at = moment(told.at) if told.at else "-"
    return told.change, told.channel, told.state, at, Text(line(told.error))


def incident_json(incident: Incident, now: datetime) -> dict[str, Any]:
    """One incident as a JSON value with a stable order of keys."""
    return {
        "id": incident.id,
        "fingerprint": incident.fingerprint,
        "table": incident.table,
        "check": incident.check_id,
        "slice": incident.slice,
        "state": incident.state(now),
        "status": str(incident.status),
        "severity": str(incident.severity),
        "owner": incident.owner,
        "tags": list(incident.tags),
        "description": incident.description,
        "reason": incident.reason,
        "mend": incident.mend,
        "observed": plain(incident.observed),
        "expected": incident.expected,
        "look": incident.look,
        "since": time_text(incident.since),
        "last_good_at": time_text(incident.last_good),
        "opened_at": time_text(incident.opened_at),
        "updated_at": time_text(incident.updated_at),
        "resolved_at": time_text(incident.resolved_at),
        "ending": incident.ending,
        "acknowledged_at": time_text(incident.acknowledged_at),
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_note": incident.acknowledged_note,
        "snoozed_until": time_text(incident.snoozed_until),
        "snoozed_by": incident.snoozed_by,
        "snoozed_note": incident.snoozed_note,
        "messages": incident.sequence,
    }


def ordered(incidents: Sequence[Incident]) -> list[Incident]:
    """Those that are open first, of these the worst; then the newest."""
    ranks = {severity: -severity.rank for severity in Severity}
    newest = sorted(incidents, key=lambda one: one.opened_at, reverse=True)
    return sorted(newest, key=lambda one: (not one.open, ranks[one.severity] if one.open else 0))


def shortest(ids: Sequence[str]) -> int:
    """How many characters tell these ids apart, not fewer than are comfortable.

    >>> shortest(["0123456789ab", "0123456780ab"])
    10
    """
    width = SHORT
    while len({one[:width] for one in ids}) < len(set(ids)):
        width += 1
    return width


def _listed(one: Incident, width: int, now: datetime) -> tuple[Cell, ...]:
    return (
        one.id[:width],
        str(one.severity),
        Text(_about(one)),
        Text(words(one.status), style=STYLES[one.status] if one.open else "dim"),
        _state(one, now),
        ago(one.since, now),
        Text(line(one.owner) or "-"),
        Text(line(one.reason if one.open else one.ending)),
    )


def _about(incident: Incident) -> str:
    return line(f"{incident.check} [{incident.slice}]" if incident.slice else incident.check)


def _state(incident: Incident, now: datetime) -> str:
    state = incident.state(now)
    if state == "snoozed" and incident.snoozed_until is not None:
        return f"snoozed until {moment(incident.snoozed_until)}"
    return f"{state} by {incident.acknowledged_by}" if state == "acknowledged" else state


def _facts(incident: Incident, now: datetime) -> Iterator[tuple[str, str]]:
    yield "incident", incident.id
    yield "state", _state(incident, now)
    yield "verdict", f"{words(incident.status)}, {incident.severity}"
    yield "why", incident.reason
    yield from _present("mend", incident.mend)
    yield "observed", observed_text(incident.observed) or "?"
    yield "expected", incident.expected or "?"
    yield "since", f"{moment(incident.since)} UTC, {ago(incident.since, now)}"
    good = incident.last_good
    yield "last good", f"{moment(good)} UTC, {ago(good, now)}" if good else "none known"
    yield "opened", f"{moment(incident.opened_at)} UTC"
    if incident.resolved_at:
        yield "resolved", f"{moment(incident.resolved_at)} UTC: {incident.ending}"
    yield "owner", incident.owner or "-"
    yield from _present("description", incident.description)
    yield from _present("look", incident.look)
    if incident.acknowledged_at:
        at = f"{moment(incident.acknowledged_at)} UTC by {incident.acknowledged_by}"
        yield "acknowledged", _noted(at, incident.acknowledged_note)
    if incident.snoozed_until:
        until = f"until {moment(incident.snoozed_until)} UTC by {incident.snoozed_by}"
        yield "snoozed", _noted(until, incident.snoozed_note)


def _present(name: str, value: str) -> Iterator[tuple[str, str]]:
    if value:
        yield name, value


def _noted(text: str, note: str) -> str:
    return f"{text}: {note}" if note else text
