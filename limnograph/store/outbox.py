"""The outbox: what is to be told, written where an incident changes and delivered afterwards.

A row is one message for one channel: `waiting` until it is `delivered` or given up, `dead`. Of an
incident and a channel only the oldest one that waits may go. Who delivers holds a lease of the row;
one that was killed meanwhile loses it in time, and the row goes to the next.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from exporters.core import Message
from limnograph.incident_metrics import NOTIFICATIONS
from limnograph.store import cursors
from limnograph.store.documents import message_json, message_of
from limnograph.store.holding import stamp
from limnograph.store.rows import SERVICE, OutboxRow, OutboxState
from limnograph.store.schema import EPOCH, incident, outbox, receipt
from limnograph.store.statements import insert_missing, upsert

COUNTER = "notifications"
"""The pseudo-monitor of the service whose counters count deliveries."""

_WAITING = outbox.c.state == "waiting"


def post(connection: Connection, subject: str, message: Message, channels: Iterable[str]) -> int:
    """Write a message for some channels, unless it is there already; how many are new."""
    rows = [
        {
            "subject": subject,
            "incident": message.incident,
            "sequence": message.sequence,
            "channel": channel,
            "event_id": message.event_id,
            "message": message_json(message),
            "state": "waiting",
            "created_at": message.at,
            # At once, whatever the clocks of who judges and who delivers say.
            "next_at": EPOCH,
            "attempts": 0,
            "sends": 0,
            "lease": "",
            "error": "",
        }
        for channel in dict.fromkeys(channels)
    ]
    return insert_missing(connection, outbox, rows)


def told_channels(connection: Connection, about: str) -> Sequence[str]:
    """The channels that were or will be told of an incident, in the order of the first time."""
    query = select(outbox.c.channel).where(outbox.c.incident == about)
    query = query.group_by(outbox.c.channel).order_by(func.min(outbox.c.id))
    return connection.scalars(query).all()


def read_outbox(
    connection: Connection, state: OutboxState | None, about: str | None
) -> list[OutboxRow]:
    """What is in the outbox, oldest first."""
    query = select(outbox).order_by(outbox.c.id)
    if state is not None:
        query = query.where(outbox.c.state == state)
    if about is not None:
        query = query.where(outbox.c.incident == about)
    return _rows(connection, query)


def waiting(connection: Connection) -> int:
    """How many rows wait."""
    return connection.scalar(select(func.count()).where(_WAITING)) or 0


def waiting_channels(connection: Connection, now: datetime) -> set[str]:
    """The channels for which something is due that nobody delivers."""
    due = select(outbox.c.channel).where(_WAITING, outbox.c.next_at <= now, _free(now))
    return set(connection.scalars(due.distinct()))


def claim(
    connection: Connection,
    now: datetime,
    lease: timedelta,
    limit: int,
    channels: Collection[str] | None,
) -> list[OutboxRow]:
    """Take rows that are due, so that nobody else delivers them until the lease is over."""
    earlier = outbox.alias("earlier")
    first = not_(
        exists().where(
            earlier.c.incident == outbox.c.incident,
            earlier.c.channel == outbox.c.channel,
            earlier.c.state == "waiting",
            earlier.c.sequence < outbox.c.sequence,
        )
    )
    query = select(outbox.c.id).where(_WAITING, outbox.c.next_at <= now, _free(now), first)
    if channels is not None:
        query = query.where(outbox.c.channel.in_(sorted(channels)))
    query = query.order_by(outbox.c.next_at, outbox.c.id).limit(limit)
    ids = connection.scalars(query.with_for_update(skip_locked=True, of=outbox)).all()
    return _leased(connection, ids, now + lease)


def refreshable(
    connection: Connection,
    now: datetime,
    lease: timedelta,
    limit: int,
    channel: str,
    every: timedelta,
) -> list[OutboxRow]:
    """Take the newest delivered rows of a channel that wants to be told again.

    Those of open incidents, and once more those that told of a resolution.
    """
    later = outbox.alias("later")
    newest = not_(
        exists().where(
            later.c.incident == outbox.c.incident,
            later.c.channel == outbox.c.channel,
            later.c.sequence > outbox.c.sequence,
            later.c.state != "dead",
        )
    )
    ended = incident.c.resolved_at.is_not(None)
    query = (
        select(outbox.c.id)
        .join(incident, incident.c.id == outbox.c.incident)
        .where(
            outbox.c.state == "delivered",
            outbox.c.channel == channel,
            outbox.c.last_at <= now - every,
            _free(now),
            newest,
            or_(
                not_(ended),
                and_(
                    incident.c.resolved_at > now - 3 * every,
                    outbox.c.sends == 1,
                    outbox.c.sequence == incident.c.sequence,
                ),
            ),
        )
        .order_by(outbox.c.last_at, outbox.c.id)
        .limit(limit)
    )
    ids = connection.scalars(query.with_for_update(skip_locked=True, of=outbox)).all()
    return _leased(connection, ids, now + lease)


def delivered(
    connection: Connection,
    id: int,
    given: Mapping[str, str],
    now: datetime,
    lease: str | None,
) -> bool:
    """Note that a channel took a row; False when somebody else delivered it meanwhile."""
    row = _held(connection, id)
    # Whoever lost the lease has told all the same: that must not be told again.
    if row is None or (lease is not None and row.state != "waiting" and row.lease != lease):
        return False
    done = update(outbox).where(outbox.c.id == id)
    connection.execute(
        done.values(
            state="delivered",
            last_at=now,
            sends=row.sends + 1,
            lease="",
            lease_until=None,
            error="",
        )
    )
    kept = {"incident": row.incident, "channel": row.channel, "receipt": dict(given), "at": now}
    upsert(connection, receipt, [kept])
    _count(connection, row.channel, "delivered")
    return True


def failed(
    connection: Connection,
    id: int,
    error: str,
    next_at: datetime | None,
    now: datetime,
    lease: str | None,
) -> bool:
    """Note that a channel did not take a row; without a next time it is given up.

    One that was delivered before and only told again stays delivered. False when somebody else
    has the row now.
    """
    row = _held(connection, id)
    if row is None or row.state == "dead" or (lease is not None and row.lease != lease):
        return False
    again = row.state == "delivered"
    values: dict[str, Any] = {"lease": "", "lease_until": None, "error": error, "last_at": now}
    if not again:
        values["attempts"] = row.attempts + 1
        values["first_at"] = row.first_at or now
        values |= {"state": "dead"} if next_at is None else {"next_at": next_at}
    connection.execute(update(outbox).where(outbox.c.id == id).values(values))
    _count(connection, row.channel, "dead" if next_at is None and not again else "retried")
    return True


def release(connection: Connection, rows: Collection[OutboxRow]) -> None:
    """Give back rows that were taken and not tried."""
    for row in rows:
        mine = and_(outbox.c.id == row.id, outbox.c.lease == row.lease)
        connection.execute(update(outbox).where(mine).values(lease="", lease_until=None))


def postpone(connection: Connection, channel: str, until: datetime) -> None:
    """Let nothing go to a channel before a time: it asked for it."""
    early = and_(_WAITING, outbox.c.channel == channel, outbox.c.next_at < until)
    connection.execute(update(outbox).where(early).values(next_at=until))


def bury(
    connection: Connection, channels: Collection[str], before: datetime, now: datetime, error: str
) -> Sequence[str]:
    """Give up what has waited since before a time for channels that are not among these.

    The channels that they were for, one for each row.
    """
    lost = and_(
        _WAITING,
        outbox.c.created_at < before,
        outbox.c.channel.not_in(sorted(channels)),
        _free(now),
    )
    rows = connection.execute(
        select(outbox.c.id, outbox.c.channel).where(lost).with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return []
    dead = update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
    connection.execute(dead.values(state="dead", error=error, last_at=now))
    for row in rows:
        _count(connection, row.channel, "dead")
    return [row.channel for row in rows]


def retry_dead(connection: Connection, ids: Collection[int] | None, now: datetime) -> int:
    """Let rows that were given up wait again; all of them without ids. How many those are.

    Not one after which a later message of its incident was delivered: it would be news of before.
    """
    later = outbox.alias("later")
    overtaken = exists().where(
        later.c.incident == outbox.c.incident,
        later.c.channel == outbox.c.channel,
        later.c.state == "delivered",
        later.c.sequence > outbox.c.sequence,
    )
    dead = and_(outbox.c.state == "dead", not_(overtaken))
    if ids is not None:
        dead = and_(dead, outbox.c.id.in_(sorted(ids)))
    again = update(outbox).where(dead)
    values = {"state": "waiting", "next_at": now, "attempts": 0, "first_at": None}
    return connection.execute(again.values(values)).rowcount


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)


def _held(connection: Connection, id: int) -> Row[Any] | None:
    query = select(outbox).where(outbox.c.id == id).with_for_update()
    return connection.execute(query).one_or_none()


def _leased(connection: Connection, ids: Sequence[int], until: datetime) -> list[OutboxRow]:
    if not ids:
        return []
    taken = update(outbox).where(outbox.c.id.in_(ids))
    connection.execute(taken.values(lease=secrets.token_hex(8), lease_until=until))
    order = {id: place for place, id in enumerate(ids)}
    rows = _rows(connection, select(outbox).where(outbox.c.id.in_(ids)))
    return sorted(rows, key=lambda row: order[row.id])


def _rows(connection: Connection, query: Any) -> list[OutboxRow]:
    found = connection.execute(query).all()
    receipts: dict[tuple[str, str], Mapping[str, str]] = {}
    abouts = sorted({row.incident for row in found})
    for start in range(0, len(abouts), 1_000):
        of = receipt.c.incident.in_(abouts[start : start + 1_000])
        for one in connection.execute(select(receipt).where(of)):
            receipts[one.incident, one.channel] = one.receipt
    return [
        OutboxRow(
            id=row.id,
            subject=row.subject,
            channel=row.channel,
            message=message_of(row.message),
            state=row.state,
            created_at=row.created_at,
            next_at=row.next_at,
            attempts=row.attempts,
            first_at=row.first_at,
            last_at=row.last_at,
            sends=row.sends,
            lease=row.lease,
            lease_until=row.lease_until,
            error=row.error,
            receipt=receipts.get((row.incident, row.channel), {}),
        )
        for row in found
    ]


def _count(connection: Connection, channel: str, outcome: str) -> None:
    """Count beside the row, in its transaction, so that the counter never lies."""
    cursors.add(connection, SERVICE, COUNTER, {(NOTIFICATIONS.name, (channel, outcome)): 1})
    stamp(connection)
