"""What judging does to the store: verdicts, their series, incidents and the outbox, all at once."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select, true, update

from checks.core import MONITOR_PREFIX, Verdict
from checks.incidents import Incident, Step, resolved, summarised
from exporters.core import Change, Message
from limnograph import incidents as driving
from limnograph.incidents import RETIRED, Turn
from limnograph.store import incidents, outbox, verdicts
from limnograph.store.cursors import Outrun
from limnograph.store.documents import incident_of
from limnograph.store.holding import hold, hold_one, stamp
from limnograph.store.reading import Ids
from limnograph.store.rows import SERVICE, Judgement, Routes
from limnograph.store.schema import held, incident, outcome, series, verdict
from limnograph.store.writing import write_progress, write_rest
from monitors.core import Subject

_LONGEST_SLICE = 300
_SAME_TIME = timedelta(hours=1)
"""How long one evaluation of a check may take, and clocks differ, at most."""


def judge(connection: Connection, judgements: Sequence[Judgement]) -> list[bool]:
    """Write evaluations; False for one that another runner's has overtaken, and is not written."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(judgements):
        places.setdefault(one.record.subject.id, []).append(place)
    written = [False] * len(judgements)
    news = set()
    for subject_id in sorted(places):
        mine = [judgements[place] for place in places[subject_id]]
        done, changed = _of_subject(connection, mine)
        for place, ok in zip(places[subject_id], done, strict=True):
            written[place] = ok
        news |= {subject_id} if changed else set()
    if news:
        stamp(connection, news)
    return written


def _of_subject(connection: Connection, judgements: Sequence[Judgement]) -> tuple[list[bool], bool]:
    """Write the evaluations of one subject; which were written, and whether people see news."""
    subject: Subject = judgements[0].record.subject
    current = hold_one(connection, subject)
    before = verdicts.stored_verdicts(connection, subject.id)
    newest: dict[str, datetime] = {}
    for (check, _), row in before.items():
        newest[check] = max(row.at, newest.get(check, row.at))
    done, changed = [], False
    kept: list[Judgement] = []
    for one in judgements:
        # Without a cursor the time says who was first; one far ahead is that of a wrong clock.
        ahead = newest.get(one.check.id, one.record.now) - one.record.now
        ok = not timedelta(0) < ahead <= _SAME_TIME
        try:
            changed |= ok and write_progress(connection, one.record, current)
        except Outrun:
            ok = False
        done.append(ok)
        kept += [one] if ok else []
    if kept:
        again = {one.check.monitor for one in kept if one.again}
        changed |= write_rest(connection, [one.record for one in kept], again)
        changed |= _write_turns(connection, kept, before)
    return done, changed


def _write_turns(
    connection: Connection,
    judgements: Sequence[Judgement],
    before: Mapping[verdicts.Key, Row[Any]],
) -> bool:
    subject_id, now = judgements[0].record.subject.id, judgements[0].record.now
    in_force = incidents.in_force(connection, subject_id, now)
    rows: list[tuple[Mapping[str, Any], Verdict, bool]] = []
    gone: list[verdicts.Key] = []
    changed = False
    for one in judgements:
        check = one.check
        for turn in _turns(one, before, in_force):
            key = (check.id, turn.slice)
            known = before.get(key)
            if turn.verdict is None:
                gone += [key] if known is not None else []
            else:
                row = verdicts.row_of(one.record, check, one.duration, turn, known)
                rows.append((row, turn.verdict, verdicts.makes_history(row, known)))
                changed |= verdicts.told_apart(row, known)
            was = in_force.get((check.full_id, turn.slice))
            changed |= _write_step(connection, one, turn.step, was)
    verdicts.write_verdicts(connection, rows)
    verdicts.drop_slices(connection, subject_id, gone)
    return changed or bool(gone)


def _turns(
    one: Judgement,
    before: Mapping[verdicts.Key, Row[Any]],
    in_force: Mapping[incidents.Key, Incident],
) -> list[Turn]:
    check = one.check
    found = driving.turns(
        check,
        [verdict.of_slice(named(verdict.slice)) for verdict in one.verdicts],
        {name: verdicts.trail_of(row) for (id, name), row in before.items() if id == check.id},
        {name: known for (full, name), known in in_force.items() if full == check.full_id},
        one.record.now,
        silent=one.silent,
        again=one.again,
    )
    return list(found)


def named(slice: str) -> str:
    """A slice as it is kept: a key of any database, so that a long one is cut and stays itself.

    >>> named("country=DE"), len(named("x" * 10_000))
    ('country=DE', 309)
    """
    kept = held(slice)
    if len(kept) <= _LONGEST_SLICE:
        return kept
    digest = hashlib.sha256(slice.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept[:_LONGEST_SLICE]}~{digest}"


def _write_step(
    connection: Connection, one: Judgement, step: Step, before: Incident | None
) -> bool:
    """Write what became of an incident, and what is to be told of it; True when it changed."""
    after = step.incident
    if after is None or after == before:
        return False
    new = before is None or before.id != after.id
    if new:
        after = incidents.numbered(connection, after)
    incidents.write(connection, [after], one.record.run if new else None)
    if step.told and step.change:
        told = driving.message(after, step.change, one.record.now)
        told = replace(told, link=one.link(told))
        post(connection, after.subject, told, one.routes)
    # Most of those that are open are the same as before, only later.
    return before is None or replace(after, updated_at=before.updated_at) != before


def post(connection: Connection, subject: str, told: Message, routes: Routes) -> None:
    """Put a message into the outbox of every channel that is to hear it."""
    channels = list(routes(told))
    if told.change is Change.RESOLVED:
        # Whoever heard that something is wrong hears that it ended, wherever routes lead now.
        before = outbox.told_channels(connection, told.incident)
        channels = list(before) if before else channels
    outbox.post(connection, subject, told, channels)


def retire(
    connection: Connection, subject_id: str, keep: Collection[str], now: datetime
) -> list[str]:
    """Forget the checks of a subject that are not declared any more; the ids of those.

    Their incidents are resolved, and nobody is told. Cursors, history and points stay.
    """
    hold(connection, [subject_id])
    gone = sorted(judged_checks(connection, [subject_id]).get(subject_id, set()) - set(keep))
    if not gone:
        return []
    still_open = incidents.read_incidents(connection, [subject_id], open_only=True, since=None)
    ended = [
        step.incident
        for one in still_open
        if one.check_id in gone
        and (step := resolved(one, now, reason=RETIRED, silent=True)).incident
    ]
    incidents.write(connection, ended)
    monitors = [f"{MONITOR_PREFIX}{check}" for check in gone]
    here = and_(verdict.c.subject == subject_id, verdict.c.check.in_(gone))
    connection.execute(delete(verdict).where(here))
    here = and_(outcome.c.subject == subject_id, outcome.c.monitor.in_(monitors))
    connection.execute(delete(outcome).where(here))
    here = and_(series.c.subject == subject_id, series.c.monitor.in_(monitors))
    connection.execute(update(series).where(here).values(latest=None, latest_at=None))
    stamp(connection, [subject_id])
    return gone


def judged_checks(connection: Connection, subject_ids: Ids) -> dict[str, set[str]]:
    """The ids of the checks that have verdicts or open incidents, by subject."""
    found = verdicts.judged_checks(connection, subject_ids)
    for one in incidents.read_incidents(connection, subject_ids, open_only=True, since=None):
        found.setdefault(one.subject, set()).add(one.check_id)
    return found


def any_silent(connection: Connection) -> bool:
    """Whether incidents opened without a word, and nobody was told since."""
    return connection.scalar(select(true()).where(_UNTOLD).limit(1)) is not None


_UNTOLD = and_(
    incident.c.silent, incident.c.told_status.is_(None), incident.c.resolved_at.is_(None)
)


def summarise(connection: Connection, run: str, routes: Routes, now: datetime) -> int:
    """Tell of all incidents that opened without a word, in one message per channel; how many."""
    subjects = connection.scalars(select(incident.c.subject).where(_UNTOLD).distinct()).all()
    if not subjects:
        return 0
    hold(connection, subjects)
    rows = connection.execute(select(incident).where(_UNTOLD, incident.c.subject.in_(subjects)))
    silent = [one for row in rows if not (one := incident_of(row)).snoozed(now)]
    by_channel: dict[str, list[Incident]] = {}
    for one in silent:
        for channel in routes(driving.message(one, Change.OPENED, now)):
            by_channel.setdefault(channel, []).append(one)
    incidents.write(connection, [summarised(one) for one in silent])
    for channel, mine in sorted(by_channel.items()):
        told = driving.summary(mine, run, now)
        outbox.post(connection, SERVICE, told, [channel])
    stamp(connection, subjects)
    return len(silent)
