"""What is stored of one table, as the checks that judge from that alone want it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from checks.core import Count, Sample, Slot, Span
from limnograph.due import overdue_time
from limnograph.holes import holes
from limnograph.settings.resolved import TableSettings
from limnograph.store import Bucket, Grain, Store
from monitors.core import Definition, Event, EventKind, Metric, Outcome
from monitors.ingestion import MONITOR as INGESTION

HOUR = timedelta(hours=1)
BEFORE = timedelta(days=14)  # how far before `since` a commit proves that the table was known then

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a monitor's newest reading ended, and when one last succeeded."""

    outcome: Outcome
    reason: str
    mend: str
    last_success_at: datetime | None

    def after(self, before: "Attempt | None") -> "Attempt":
        """With the last success of an earlier one, where this one was none."""
        if self.last_success_at is not None or before is None:
            return self
        return replace(self, last_success_at=before.last_success_at)


@dataclass(slots=True)
class StoredPast:
    """The past of a table at a moment; what was asked once is not asked again.

    `metrics` are those that monitors declare, by name. `attempts` are those of this moment's own
    cycle, which the store may not hold yet; the others come from there.
    """

    store: Store
    table: TableSettings
    metrics: Mapping[str, Metric]
    now: datetime
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    _known: dict[object, object] = field(default_factory=dict)

    @property
    def read_at(self) -> datetime | None:
        """When the table was last read with success; None if it never was."""
        times = [one.last_success_at for one in self._attempts().values() if one.last_success_at]
        return max(times, default=None)

    @property
    def unreadable(self) -> tuple[str, str] | None:
        """Reason and mend where the last reading failed or is too old to speak for the table."""
        for attempt in self._attempts().values():
            if attempt.outcome is Outcome.ERROR:
                return attempt.reason, attempt.mend
        read_at = self.read_at
        if read_at is None:
            return "the table was never read", "run `limnograph run`"
        if self.now > overdue_time(self.table.schedule, self.table.time_zone, read_at):
            at = f"{read_at:%Y-%m-%d %H:%M} UTC"
            return f"the table was not read since {at}", "see why `limnograph serve` has stopped"
        return None

    def hours(self, count: Count, since: datetime) -> Sequence[Slot]:
        """Every hour from the first known one to the one under way at the last reading."""
        first, read_at = self._reach("hour", since)
        if first is None or read_at is None:
            return ()
        last = read_at.replace(minute=0, second=0, microsecond=0)
        known = {row.start: row for row in self._buckets("hour", since)}
        gaps = self._gaps(since)
        empty = _empty_hours(first, last)
        return [_filled(hour, known.get(hour.start), count, gaps) for hour in empty]

    def days(self, count: Count, since: datetime) -> Sequence[Slot]:
        """As `hours`, by the days of the table's time zone."""
        first, last = self._reach("day", since)
        if first is None or last is None:
            return ()
        zone = ZoneInfo(self.table.time_zone)
        known = {row.start: row for row in self._buckets("day", since)}
        gaps = self._gaps(since)
        slots, day = [], first.astimezone(zone).date()
        while (start := _midnight(day, zone)) <= last:
            day += timedelta(days=1)
            empty = Slot(start, _midnight(day, zone), 0, 0)
            slots.append(_filled(empty, known.get(start), count, gaps))
        return slots

    def commit_times(self, since: datetime) -> Sequence[datetime]:
        """The times of the commits that changed data, in order."""
        facts = self._once(("facts", since), lambda: self.store.facts(self._id, since=since))
        return sorted(fact.at for fact in facts if fact.changes_data and fact.at <= self.now)

    def samples(
        self, metric: str, labels: Mapping[str, str], since: datetime
    ) -> Mapping[tuple[str, ...], Sequence[Sample]]:
        """The values of a metric since a time, by label values; see `checks.core.Past`."""
        declared = self.metrics[metric]
        names, own = declared.labels, len(self.table.subject.labels)
        wanted = {names.index(name): value for name, value in labels.items() if name in names}
        found: dict[tuple[str, ...], list[Sample]] = {}
        for of, sample in self._samples(declared):
            if all(of[index] == value for index, value in wanted.items()):
                found.setdefault(of[own:], []).append(sample)
        return {key: _from(values, since) for key, values in found.items()}

    def latest(self, metric: str) -> float | None:
        """The newest value of a gauge that has no labels but the table's."""
        rows = self._once("latest", lambda: self.store.latest([self._id]))
        labels = self.table.subject.labels
        values = (r.value for r in rows if r.metric == metric and r.labels == labels)
        return next(values, None)

    def definitions(self, since: datetime | None) -> Sequence[Definition]:
        """How the table was defined, the definition in force at `since` first."""
        every = self._once("definitions", lambda: self.store.definitions(self._id))
        if since is None:
            return every
        before = [index for index, one in enumerate(every) if one.at <= since]
        return every[before[-1] :] if before else every

    def events(self, since: datetime) -> Sequence[Event]:
        """What happened to the table at or after a time."""
        rows = self._once(("events", since), lambda: self.store.events(self._id, since))
        return [Event(EventKind(r.kind), r.key, r.at, r.message, r.detail) for r in rows]

    def expected(self, check: str) -> Sequence[Span]:
        """Spans of which a user said that what a check saw there was expected."""
        return self.store.expected(self._id, check)

    def incidents(self, check: str) -> Sequence[Span]:
        """Spans in which a check had an open incident."""
        every = self._once(
            "incidents", lambda: self.store.incidents(open_only=False, subject_ids=[self._id])
        )
        full_id = f"{self.table.name}/{check}"
        mine = [incident for incident in every if incident.check == full_id]
        return [(one.opened_at, one.resolved_at or self.now) for one in mine]

    # What is read of the store

    @property
    def _id(self) -> str:
        return self.table.subject.id

    def _once(self, key: object, read: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = read()
        known: T = self._known[key]  # type: ignore[assignment]
        return known

    def _attempts(self) -> Mapping[str, Attempt]:
        def stored() -> Mapping[str, Attempt]:
            rows = self.store.outcomes([self._id])
            return {
                row.monitor: Attempt(row.outcome, row.reason, row.mend, row.last_success_at)
                for row in rows
                if row.monitor in self.table.monitors
            }

        before = self._once("attempts", stored)
        return {
            **before,
            **{name: one.after(before.get(name)) for name, one in self.attempts.items()},
        }

    def _buckets(self, grain: Grain, since: datetime) -> Sequence[Bucket]:
        # A span that begins right now has its commits of this moment.
        zone, until = self.table.time_zone, self.now + timedelta.resolution
        return self._once(
            ("buckets", grain, since),
            lambda: self.store.buckets([self._id], grain, zone, since - BEFORE, until),
        )

    def _reach(self, grain: Grain, since: datetime) -> tuple[datetime | None, datetime | None]:
        """The start of the first span that is known, and when the commits were last counted."""
        attempt = self._attempts().get(INGESTION.name)
        starts = [row.start for row in self._buckets(grain, since)]
        if not starts or attempt is None or attempt.last_success_at is None:
            return None, None
        if starts[0] >= since:
            return starts[0], attempt.last_success_at
        zone = ZoneInfo(self.table.time_zone)
        if grain == "hour":
            whole = since.replace(minute=0, second=0, microsecond=0)
            first = whole if whole == since else whole + HOUR
        else:
            day = since.astimezone(zone).date()
            first = _midnight(day, zone)
            first = first if first >= since else _midnight(day + timedelta(days=1), zone)
        return first, attempt.last_success_at

    def _gaps(self, since: datetime) -> Sequence[Span]:
        """Where commits are missing that may be of a time after `since`."""
        return self._once(
            ("holes", since),
            lambda: tuple(holes(self.store, self._id, self.events(since - BEFORE), since - BEFORE)),
        )

    def _samples(self, metric: Metric) -> Sequence[tuple[tuple[str, ...], Sample]]:
        if metric.kind == "counter":
            rows = self._once("counters", lambda: self.store.counters([self._id]))
            return [
                (row.labels, Sample(self.now, row.value))
                for row in rows
                if row.metric == metric.name
            ]
        kept = self._once(
            ("history", metric.name), lambda: self.store.history(self._id, metric, None)
        )
        return [(row.labels, Sample(row.start, row.last)) for row in kept if row.start <= self.now]


@lru_cache(maxsize=64)  # the hours of every table are the same
def _empty_hours(first: datetime, last: datetime) -> Sequence[Slot]:
    slots, start = [], first
    while start <= last:
        slots.append(Slot(start, start + HOUR, 0, 0))
        start += HOUR
    return slots


def _filled(empty: Slot, row: Bucket | None, count: Count, gaps: Sequence[Span]) -> Slot:
    """A span with what its commits brought; unknown where one may be missing."""
    start, end = empty.start, empty.end
    if gaps and any(first < end and start <= last for first, last in gaps):
        return Slot(start, end, None, row.commits if row else 0)
    if row is None:
        return empty
    return Slot(start, end, _counted(row, count), row.commits)


def _from(values: Sequence[Sample], since: datetime) -> Sequence[Sample]:
    """The values at or after a time, after the one that held then."""
    before = [index for index, sample in enumerate(values) if sample.at <= since]
    return values[before[-1] :] if before else values


def _counted(row: Bucket, count: Count) -> int | None:
    """The rows of a bucket; None where one of its commits is not known."""
    if row.uncounted:
        return None
    if count == "written":
        return None if row.inserted is None or row.updated is None else row.inserted + row.updated
    return {
        "inserted": row.inserted,
        "updated": row.updated,
        "deleted": row.deleted,
        "net": row.net,
    }[count]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
