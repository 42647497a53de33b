"""The rules of the report: what counts as trouble, from stored readings alone.

    late        the stored due time has passed
    drop        a complete day under half the same weekday's median
    duplicate   an hour over 1.8 times its hour-of-week median
    unreadable  the last reading failed
    stale       the last reading is too old to say anything
    events      recreated, replaced, feed_off, log_cleaned, feed_vacuumed

One cause gives one trouble: a table that is late has no drop since its last commit, an hour in
which a table was replaced is no duplicate, and one that only caught up is none either.
The limits of the two volume rules widen for tables whose rhythm is noisier than they assume, and
a handful of rows never alarms.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp, log
from statistics import median

from exporters.history import Slot, TableHistory, day_slots, hour_slots
from exporters.wording import ago, count, moment, percent
from monitors.core import Event, EventKind

EARLIER = 3  # earlier same weekdays, or hours of the week, that make a median
HALF = 0.5
DUPLICATE = 1.8
SIGMAS = 3.5  # of a table's own noise; passes the two limits from a noise of 15 % on
FLOOR = 20  # rows by which a volume must differ before it is anybody's business
DROP_DAYS = 2
DUPLICATE_HOURS = 48
EVENT_DAYS = 7


class TroubleKind(StrEnum):
    """Kinds of trouble, in the order in which people want to see them."""

    UNREADABLE = "unreadable"
    LATE = "late"
    STALE = "stale"
    DROP = "drop"
    DUPLICATE = "duplicate"
    RECREATED = "recreated"
    LOG_CLEANED = "log_cleaned"
    FEED_VACUUMED = "feed_vacuumed"
    FEED_OFF = "feed_off"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person should look at; observed and expected are rows or times."""

    table: str
    kind: TroubleKind
    since: datetime
    observed: int | datetime | None
    expected: int | datetime | None
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Window:
    """How far back each rule looks."""

    drop_days: int = DROP_DAYS
    duplicate_hours: int = DUPLICATE_HOURS
    event_days: float = EVENT_DAYS

    @classmethod
    def back(cls, length: timedelta) -> "Window":
        """Every rule over the same length of time, at least a day and an hour."""
        days = length / timedelta(days=1)
        return cls(max(1, round(days)), max(1, round(days * 24)), days)


def troubles(table: TableHistory, now: datetime, window: Window | None = None) -> list[Trouble]:
    """Everything that is wrong with one table, worst first."""
    window = window or Window()
    found = [
        *unreadable(table),
        *late(table, now),
        *stale(table, now),
        *drops(table, now, window.drop_days),
        *duplicates(table, now, window.duplicate_hours),
        *happened(table, now, window.event_days),
    ]
    order = list(TroubleKind)
    return sorted(found, key=lambda t: (order.index(t.kind), t.since))


def unreadable(table: TableHistory) -> Iterator[Trouble]:
    """The last reading of a monitor failed; one trouble for the table, however many did."""
    if failed := table.unreadable:
        since = failed.last_success_at or failed.at
        yield Trouble(
            table.name, TroubleKind.UNREADABLE, since, None, None, failed.reason, failed.mend
        )


def is_late(table: TableHistory, now: datetime) -> bool:
    """Whether the due time has passed, for a table that was read and not too long ago."""
    if table.due is None or table.unreadable or table.stale(now):
        return False
    return table.due < now


def late(table: TableHistory, now: datetime) -> Iterator[Trouble]:
    """The stored due time has passed."""
    if table.due is None or not is_late(table, now):
        return
    sure = f", confidence {percent(table.due_confidence)}" if table.due_confidence else ""
    yield Trouble(
        table.name,
        TroubleKind.LATE,
        table.due,
        table.last_commit,
        table.due,
        f"no data since {moment(table.last_commit)}; the next commit was due by "
        f"{moment(table.due)} ({ago(table.due, now)}{sure})",
        "look at the job that writes this table",
    )


def stale(table: TableHistory, now: datetime) -> Iterator[Trouble]:
    """The table was read once, but not lately: nothing here speaks for it any more."""
    if table.read_at is None or table.unreadable or not table.stale(now):
        return
    yield Trouble(
        table.name,
        TroubleKind.STALE,
        table.read_at,
        table.read_at,
        None,
        f"not read since {moment(table.read_at)} ({ago(table.read_at, now)})",
        "run `limnograph run`, or see why `limnograph serve` has stopped",
    )


def drops(table: TableHistory, now: datetime, days: int = DROP_DAYS) -> Iterator[Trouble]:
    """Of the last complete days, those under half the same weekday's median."""
    slots = day_slots(table)
    groups = _groups(slots)
    since = table.last_commit if is_late(table, now) else None
    recent = [slot for slot in slots if slot.end > now - timedelta(days=days + 1)]
    for slot in recent[-days:]:
        usual = _usual(slot, groups)
        if slot.written is None or usual is None or (since is not None and slot.end > since):
            continue
        limit = min(HALF, exp(-SIGMAS * _noise(groups, before=slot.start)))
        if slot.written < limit * usual and usual - slot.written >= FLOOR:
            yield _drop(table, slot, slot.written, round(usual))


def _drop(table: TableHistory, slot: Slot, observed: int, usual: int) -> Trouble:
    day = slot.start + (slot.end - slot.start) / 2
    return Trouble(
        table.name,
        TroubleKind.DROP,
        slot.start,
        observed,
        usual,
        f"{count(observed)} rows written on {day:%a %Y-%m-%d}, "
        f"{percent(observed / usual)} of the usual {count(usual)} on this weekday",
        "look for missing loads of that day, then load them again",
    )


def duplicates(
    table: TableHistory, now: datetime, hours: int = DUPLICATE_HOURS
) -> Iterator[Trouble]:
    """Of the last hours, those over 1.8 times the median of the same hour of the week."""
    slots = hour_slots(table)
    first = now - timedelta(hours=hours)
    candidates = [n for n, s in enumerate(slots) if s.end > first and (s.written or 0) >= FLOOR]
    if not candidates:
        return
    groups = _groups(slots)
    limit = max(DUPLICATE, exp(SIGMAS * _noise(groups, before=first)))
    replaced = [event.at for event in table.events if event.kind is EventKind.REPLACED]
    for index in candidates:
        slot = slots[index]
        usual = _usual(slot, groups)
        if slot.written is None or not usual:
            continue
        extra = slot.written - _caught_up(slots, index, groups)
        if extra <= limit * usual or extra - usual < FLOOR:
            continue
        if not any(slot.start <= at < slot.end for at in replaced):
            yield _duplicate(table, slot, slot.written, round(usual))


def _duplicate(table: TableHistory, slot: Slot, observed: int, usual: int) -> Trouble:
    return Trouble(
        table.name,
        TroubleKind.DUPLICATE,
        slot.start,
        observed,
        usual,
        f"{count(observed)} rows written in the hour from {moment(slot.start)}, "
        f"{observed / usual:.1f} times the usual {count(usual)}",
        "see whether a load ran twice; RESTORE or delete the second copy",
    )


def _caught_up(
    slots: Sequence[Slot], index: int, groups: Mapping[tuple[int, ...], list[Slot]]
) -> float:
    """Rows that the hours around one lack: a load that came late or early is not a second one."""
    missing = 0.0
    for step in (-1, 1):
        place = index + step
        while 0 <= place < len(slots):
            slot = slots[place]
            usual = _usual(slot, groups)
            if slot.written is None or not usual or slot.written >= HALF * usual:
                break
            missing += usual - slot.written
            if step > 0:
                break
            place += step
    return missing


_EVENTS: Mapping[EventKind, tuple[TroubleKind, str]] = {
    EventKind.RECREATED: (
        TroubleKind.RECREATED,
        "see who dropped and recreated it; commits in between were not counted",
    ),
    EventKind.LOG_CLEANED: (
        TroubleKind.LOG_CLEANED,
        "read the table more often, or raise delta.logRetentionDuration",
    ),
    EventKind.FEED_VACUUMED: (
        TroubleKind.FEED_VACUUMED,
        "read the table more often than VACUUM removes its files",
    ),
    EventKind.FEED_OFF: (
        TroubleKind.FEED_OFF,
        "set delta.enableChangeDataFeed = true on the table",
    ),
    EventKind.REPLACED: (
        TroubleKind.REPLACED,
        "nothing to do if the replacement was meant, as by a full refresh",
    ),
}


def happened(table: TableHistory, now: datetime, days: float = EVENT_DAYS) -> Iterator[Trouble]:
    """The holes and replacements of the last days."""
    for event in recent_events(table, now, days):
        if event.kind in _EVENTS:
            kind, mend = _EVENTS[event.kind]
            yield Trouble(table.name, kind, event.at, None, None, event.message, mend)


def recent_events(table: TableHistory, now: datetime, days: float = EVENT_DAYS) -> list[Event]:
    """The events of the last days, oldest first."""
    since = now - timedelta(days=days)
    return sorted((e for e in table.events if e.at >= since), key=lambda e: (e.at, e.kind, e.key))


def _groups(slots: Sequence[Slot]) -> dict[tuple[int, ...], list[Slot]]:
    groups: dict[tuple[int, ...], list[Slot]] = {}
    for slot in slots:
        groups.setdefault(slot.key, []).append(slot)
    return groups


def _usual(slot: Slot, groups: Mapping[tuple[int, ...], list[Slot]]) -> float | None:
    """The median of the same slot in earlier weeks; None while there are too few."""
    earlier = [
        s.written for s in groups[slot.key] if s.start < slot.start and s.written is not None
    ]
    return median(earlier) if len(earlier) >= EARLIER else None


def _noise(groups: Mapping[tuple[int, ...], list[Slot]], *, before: datetime) -> float:
    """How far a slot usually is from the others of its kind: a robust sigma of the log ratio."""
    deviations = []
    for group in groups.values():
        known = [s.written for s in group if s.written is not None and s.end <= before]
        for n, value in enumerate(known if len(known) >= EARLIER else ()):
            if centre := median([*known[:n], *known[n + 1 :]]):
                deviations.append(abs(log(max(value, 0.5) / centre)))
    return 1.4826 * median(deviations) if len(deviations) >= 2 * EARLIER else 0.0
