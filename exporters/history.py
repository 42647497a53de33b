"""What a report is made from: the stored readings of one table, as plain values.

Times are aware datetimes in UTC, counts are rows, sizes bytes; None is unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitors.core import Event, Outcome, Problem

HOUR = timedelta(hours=1)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Sums over the commits of one hour or one day; a sum is None where no commit's is known."""

    start: datetime
    inserted: int | None
    updated: int | None
    deleted: int | None
    net: int | None
    commits: int
    uncounted: int = 0
    inexact: int = 0

    @property
    def written(self) -> int | None:
        """Rows inserted or updated; None when a commit is missing from the sums."""
        if self.uncounted or self.inserted is None or self.updated is None:
            return None
        return self.inserted + self.updated


@dataclass(frozen=True, slots=True)
class MonitorOutcome:
    """How the last reading of one monitor ended, and when one last succeeded."""

    monitor: str
    outcome: Outcome
    at: datetime
    last_success_at: datetime | None = None
    reason: str = ""
    mend: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class TableHistory:
    """All that the store knows of one table, as far as a report wants it.

    `hours` and `days` are in order of time; a missing bucket between the first and `counted_at`
    had no commit. `counted_at` is when the commits were last counted, `overdue_at` when the last
    reading becomes too old to speak for the table. `hours` are those that start in one of
    `hour_windows`, which do not overlap; all, where there are none. Commits may be missing within
    `holes`, which are given by the last commit before and the first one after.
    """

    name: str
    uri: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    time_zone: str = "UTC"
    outcomes: tuple[MonitorOutcome, ...] = ()
    rows: int | None = None
    files: int | None = None
    size_bytes: int | None = None
    last_commit: datetime | None = None
    last_event: datetime | None = None
    due: datetime | None = None
    due_confidence: float | None = None
    counted_at: datetime | None = None
    overdue_at: datetime | None = None
    hours: tuple[Bucket, ...] = ()
    days: tuple[Bucket, ...] = ()
    events: tuple[Event, ...] = ()
    hour_windows: tuple[Span, ...] = ()
    holes: tuple[Span, ...] = ()

    @property
    def read_at(self) -> datetime | None:
        """When any monitor last read the table."""
        return max((o.last_success_at for o in self.outcomes if o.last_success_at), default=None)

    @property
    def unreadable(self) -> MonitorOutcome | None:
        """The first monitor whose last reading failed."""
        return next((o for o in self.outcomes if o.outcome is Outcome.ERROR), None)

    def stale(self, now: datetime) -> bool:
        """Whether the last reading is too old to say anything about the table as it is."""
        return self.overdue_at is not None and now > self.overdue_at


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour or a day with the rows written in it; `key` is its place in the week."""

    start: datetime
    end: datetime
    key: tuple[int, ...]
    written: int | None


def hour_slots(table: TableHistory) -> list[Slot]:
    """The known hours from the first to the last that was read, keyed by local weekday and hour.

    The rhythm of people and schedules follows the clock on their wall, so the key is local.
    """
    zone = ZoneInfo(table.time_zone)
    known = {bucket.start: bucket.written for bucket in table.hours}
    slots = []
    for start in _hours(table):
        local = start.astimezone(zone)
        written = None if _overlaps(table.holes, start, start + HOUR) else known.get(start, 0)
        slots.append(Slot(start, start + HOUR, (local.weekday(), local.hour), written))
    return slots


def day_slots(table: TableHistory) -> list[Slot]:
    """Every complete local day from the first known one, keyed by weekday."""
    if not table.days or table.counted_at is None:
        return []
    zone = ZoneInfo(table.time_zone)
    known = {bucket.start.astimezone(zone).date(): bucket.written for bucket in table.days}
    slots = []
    day = min(known)
    while (end := midnight(day + timedelta(days=1), zone)) <= table.counted_at:
        start = midnight(day, zone)
        written = None if _overlaps(table.holes, start, end) else known.get(day, 0)
        slots.append(Slot(start, end, (day.weekday(),), written))
        day += timedelta(days=1)
    return slots


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _hours(table: TableHistory) -> Iterator[datetime]:
    if not table.hours or table.counted_at is None:
        return
    first, last = table.hours[0].start, table.counted_at
    for since, until in table.hour_windows or ((first, last + HOUR),):
        start = max(first, since)
        while start < until and start <= last:
            yield start
            start += HOUR


def _overlaps(spans: Sequence[Span], start: datetime, end: datetime) -> bool:
    return any(first < end and start <= last for first, last in spans)
