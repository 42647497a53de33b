"""What one reading does to the store, in the one transaction that it is given."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from limnograph.store import buckets, cursors
from limnograph.store.definitions import write_definitions
from limnograph.store.events import insert_events
from limnograph.store.holding import hold, hold_one, stamp
from limnograph.store.outcomes import write_outcomes
from limnograph.store.points import Reported, write_measurements
from limnograph.store.rows import LOG, OutcomeRow, Record, Seen
from limnograph.store.schema import commit_fact, cursor, state, subject
from limnograph.store.statements import insert_missing, upsert
from monitors.core import CommitFact, Cursor, Outcome, Reading, State


def write_record(connection: Connection, record: Record) -> None:
    """Write a reading. Raises Outrun when another runner was first.

    ValueError when it has facts, definitions or states but no cursor, which is what keeps two
    runners from writing over each other.
    """
    current = hold_one(connection, record.subject)
    changed = write_progress(connection, record, current)
    changed |= write_rest(connection, [record])
    if changed:
        stamp(connection, [record.subject.id])


def write_progress(connection: Connection, record: Record, current: int) -> bool:
    """Move the cursor of a reading of a subject that is held, and write what moves with it.

    `current` is the subject's incarnation. True when anything changed that people see. Raises as
    `write_record`; nothing was written then.
    """
    reading = record.reading
    if not reading.cursor and _moves_with_cursor(reading):
        raise ValueError(f"{record.monitor}: a reading with facts or states must carry a cursor")
    return reading.cursor is not None and _move(connection, record, reading.cursor, current)


def write_rest(
    connection: Connection, records: Sequence[Record], unmeasured: Collection[str] = ()
) -> bool:
    """Write the events, measurements and outcomes of readings of one subject, of one run.

    The monitors that are `unmeasured` keep the values that they report no more. True when anything
    changed that people see.
    """
    subject_id, run = records[0].subject.id, records[0].run
    events = sum(
        insert_events(connection, subject_id, record.reading.events, record.now, run)
        for record in records
    )
    reported = [
        Reported(
            record.monitor,
            record.reading.measurements,
            record.reading.outcome is Outcome.ASSESSED and record.monitor not in unmeasured,
        )
        for record in records
    ]
    changed = write_measurements(connection, subject_id, run, reported)
    outcomes = write_outcomes(connection, [_outcome(record) for record in records])
    return events > 0 or changed or bool(outcomes)


def write_log(
    connection: Connection,
    subject_id: str,
    seen_position: str | None,
    position: str,
    put: Sequence[State],
    drop: Sequence[str],
) -> None:
    """Move the live files of a table from a position to another; Outrun when they are not there.

    They have one cursor whatever the incarnation: they count nothing that had to be carried over.
    """
    key = {"scope": subject_id, "incarnation": 1, "monitor": LOG}
    if seen_position is None:
        moved = insert_missing(connection, cursor, [{**key, "position": position, "totals": []}])
    else:
        here = and_(*(cursor.c[name] == value for name, value in key.items()))
        there = update(cursor).where(here, cursor.c.position == seen_position)
        moved = connection.execute(there.values(position=position)).rowcount
    if not moved:
        raise cursors.Outrun
    write_states(connection, subject_id, LOG, put, drop)


def write_states(
    connection: Connection,
    subject_id: str,
    monitor: str,
    put: Sequence[State],
    drop: Sequence[str],
) -> None:
    """Drop the blobs of some keys, then keep some others."""
    owner = {"subject": subject_id, "monitor": monitor}
    if drop:
        mine = and_(state.c.subject == subject_id, state.c.monitor == monitor)
        connection.execute(delete(state).where(mine, state.c.key.in_(drop)))
    upsert(
        connection,
        state,
        [
            {
                **owner,
                "key": one.key,
                "format": one.format,
                "version": one.version,
                "blob": one.blob,
            }
            for one in put
        ],
    )


def touch(connection: Connection, rows: Sequence[OutcomeRow]) -> None:
    """Write the outcomes of readings that found nothing new."""
    held = hold(connection, {row.subject for row in rows})
    if changed := write_outcomes(connection, rows):
        stamp(connection, changed & held)


def _move(connection: Connection, record: Record, to: Cursor, current: int) -> bool:
    """Move the cursor, and write what is only true once it has moved."""
    reading, seen = record.reading, record.seen
    incarnation = _incarnation(seen, current, recreated=reading.recreated)
    moved = cursors.move(connection, record.subject.id, record.monitor, seen, to, incarnation)
    if incarnation > current:
        here = subject.c.id == record.subject.id
        connection.execute(update(subject).where(here).values(incarnation=incarnation))
    _write_facts(connection, record, incarnation)
    write_definitions(connection, record.subject.id, incarnation, reading.definitions)
    write_states(
        connection, record.subject.id, record.monitor, reading.states, reading.dropped_states
    )
    return moved or _moves_with_cursor(reading)


def _moves_with_cursor(reading: Reading) -> bool:
    return bool(reading.facts or reading.definitions or reading.states or reading.dropped_states)


def _incarnation(seen: Seen, current: int, *, recreated: bool) -> int:
    if seen.cursor is None:
        return current
    # Another monitor may have met the new table already, or one that came before it.
    return max(seen.cursor_incarnation + 1, current) if recreated else seen.cursor_incarnation


def _write_facts(connection: Connection, record: Record, incarnation: int) -> None:
    facts = record.reading.facts
    if not facts:
        return
    subject_id = record.subject.id
    versions = [fact.version for fact in facts]
    replaced = select(commit_fact.c.at).where(
        commit_fact.c.subject == subject_id,
        commit_fact.c.incarnation == incarnation,
        commit_fact.c.version.between(min(versions), max(versions)),
    )
    # A fact that is replaced may leave the hour it was in.
    times = {*connection.scalars(replaced), *(fact.at for fact in facts)}
    owner = {"subject": subject_id, "incarnation": incarnation}
    upsert(connection, commit_fact, [{**owner, **_fact_values(fact)} for fact in facts])
    buckets.recompute(connection, subject_id, times, record.time_zone)


def _fact_values(fact: CommitFact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in FACT_COLUMNS}


FACT_COLUMNS = tuple(
    column.name for column in commit_fact.c if column.name not in ("subject", "incarnation")
)


def _outcome(record: Record) -> OutcomeRow:
    reading = record.reading
    return OutcomeRow(
        subject=record.subject.id,
        monitor=record.monitor,
        outcome=reading.outcome,
        at=record.now,
        run=record.run,
        reason=reading.reason,
        mend=reading.mend,
        problems=reading.problems,
    )
