"""Facts of the past written again: compared with what is stored, in the transaction given.

No cursor, no counter, no gauge and no outcome is touched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, select

from limnograph.store import buckets
from limnograph.store.comparing import Finding, definition_finding, fact_finding
from limnograph.store.definitions import read_definitions, write_definitions
from limnograph.store.events import insert_events
from limnograph.store.holding import hold, stamp
from limnograph.store.reading import states
from limnograph.store.schema import Words, commit_fact, event, state, subject
from limnograph.store.statements import upsert
from limnograph.store.writing import FACT_COLUMNS, write_states
from monitors.core import CommitFact, Definition, Event, EventKind, State, Subject

T = TypeVar("T", CommitFact, Definition)

REPLAY = "replay"
"""The pseudo-monitor whose states hold how far a replay has come."""


@dataclass(frozen=True, slots=True)
class Past:
    """Commits of one incarnation of a table, recomputed; `versions` are those it is about."""

    subject: Subject
    incarnation: int
    versions: range
    facts: Sequence[CommitFact]
    definitions: Sequence[Definition]
    events: Sequence[Event]
    run: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """What writing did. `old` are versions whose facts the store no longer keeps."""

    findings: tuple[Finding, ...]
    events: tuple[Event, ...]
    old: tuple[int, ...]


Remember = Callable[[Replayed, State | None], State]
"""What to keep of a replay's progress, given what was kept under `key` before."""


def write_past(connection: Connection, past: Past, key: str, remember: Remember) -> Replayed | None:
    """Write what differs and is no worse; None when the table is in another incarnation by now.

    What `remember` returns is kept in the same transaction, so that no change goes untold.
    """
    subject_id = past.subject.id
    hold(connection, [subject_id])
    query = select(subject.c.incarnation, subject.c.facts_since).where(subject.c.id == subject_id)
    row = connection.execute(query).one_or_none()
    if row is None or row.incarnation != past.incarnation:
        return None
    since = row.facts_since
    old = {fact.version for fact in past.facts if since is not None and fact.at < since}
    findings = (
        *_write_facts(connection, past, old),
        *_write_definitions(connection, past),
    )
    kept = {one.version for one in findings if one.kept}
    events = _write_events(connection, past, old, kept)
    replayed = Replayed(findings, events, tuple(sorted(old)))
    before = states(connection, subject_id, REPLAY, [key]).get(key)
    write_states(connection, subject_id, REPLAY, [remember(replayed, before)], ())
    if events or any(one.added or one.changed for one in findings):
        stamp(connection, [subject_id])
    return replayed


def forget(connection: Connection, subject_id: str, keys: Sequence[str]) -> None:
    """Drop what was kept of a replay's progress."""
    hold(connection, [subject_id])
    mine = (state.c.subject == subject_id) & (state.c.monitor == REPLAY)
    connection.execute(delete(state).where(mine, state.c.key.in_(keys)))


def _write_facts(connection: Connection, past: Past, old: set[int]) -> list[Finding]:
    here = (commit_fact.c.subject == past.subject.id) & (
        commit_fact.c.incarnation == past.incarnation
    )
    query = select(*(commit_fact.c[name] for name in FACT_COLUMNS)).where(
        here, commit_fact.c.version.between(past.versions.start, past.versions.stop - 1)
    )
    stored = {row.version: CommitFact(**row._mapping) for row in connection.execute(query)}
    findings, rows, times = [], [], set()
    owner = {"subject": past.subject.id, "incarnation": past.incarnation}
    for fact in past.facts:
        if fact.version in old:
            continue
        before = stored.get(fact.version)
        better, finding = fact_finding(before, _as_stored(connection, fact))
        if finding is None:
            continue
        findings.append(finding)
        if better != before:
            rows.append(owner | {name: getattr(better, name) for name in FACT_COLUMNS})
            times |= {better.at} | ({before.at} if before else set())
    upsert(connection, commit_fact, rows)
    if times:
        buckets.recompute(connection, past.subject.id, times, past.subject.time_zone)
    return findings


def _write_definitions(connection: Connection, past: Past) -> list[Finding]:
    if not past.definitions:
        return []
    found = read_definitions(connection, past.subject.id, None, None, past.incarnation)
    stored = {one.version: one for one in found}
    findings, differing = [], []
    for one in past.definitions:
        better, finding = definition_finding(stored.get(one.version), _as_stored(connection, one))
        if finding is None:
            continue
        findings.append(finding)
        if better != stored.get(one.version):
            differing.append(better)
    write_definitions(connection, past.subject.id, past.incarnation, differing)
    return findings


def _write_events(
    connection: Connection, past: Past, old: set[int], kept: set[int]
) -> tuple[Event, ...]:
    """Insert the events that are not there; what was kept has lost nothing, so there is no hole."""
    query = select(event.c.kind, event.c.key).where(event.c.subject == past.subject.id)
    keys = {_words(connection, one.key) for one in past.events}
    there = {(row.kind, row.key) for row in connection.execute(query.where(event.c.key.in_(keys)))}
    missing = [
        one
        for one in past.events
        if (str(one.kind), _words(connection, one.key)) not in there
        and one.detail.get("version") not in old
        and not (one.kind is EventKind.FEED_VACUUMED and one.detail.get("version") in kept)
    ]
    insert_events(connection, past.subject.id, missing, past.now, past.run)
    return tuple(missing)


def _as_stored(connection: Connection, found: T) -> T:
    """A fact or a definition as the store would give it back."""
    changes: dict[str, Any] = {
        name: _words(connection, getattr(found, name))
        for name in ("operation", "reason", "user")
        if hasattr(found, name)
    }
    return replace(found, **changes)


def _words(connection: Connection, text: str) -> str:
    return Words().process_bind_param(text, connection.dialect) or ""
