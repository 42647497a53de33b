"""A past made of literal values, for the tests of checks that judge from what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from checks.core import Count, Sample, Slot, Span
from monitors.core import Definition, Event

HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    """A time in UTC, such as `2026-03-01 06:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hourly(start: datetime, values: Sequence[int | None], *, commits: int = 1) -> list[Slot]:
    """Hours in a row; an hour without rows has no commit."""
    begins = [start + n * HOUR for n in range(len(values))]
    return [
        Slot(at, at + HOUR, value, 0 if value == 0 else commits)
        for at, value in zip(begins, values, strict=True)
    ]


def daily(
    first: date, values: Sequence[int | None], time_zone: str = "UTC", *, commits: int = 1
) -> list[Slot]:
    """Local days in a row; a day without rows has no commit."""
    zone = ZoneInfo(time_zone)
    ends = [
        datetime.combine(first + timedelta(days=n), time(), tzinfo=zone).astimezone(UTC)
        for n in range(len(values) + 1)
    ]
    return [
        Slot(ends[n], ends[n + 1], value, 0 if value == 0 else commits)
        for n, value in enumerate(values)
    ]


@dataclass
class LiteralPast:
    """A `checks.core.Past` whose answers are given; what is not given never happened.

    The subject was last read at `now` unless `last_read` says otherwise. `series` holds samples by
    metric and label values, `label_names` the names of those labels. What `latest` answers is the
    newest of the samples without labels, unless `gauges` says otherwise.
    """

    now: datetime
    last_read: datetime | Literal["now"] | None = "now"
    unreadable: tuple[str, str] | None = None
    hour_slots: Mapping[Count, Sequence[Slot]] = field(default_factory=dict)
    day_slots: Mapping[Count, Sequence[Slot]] = field(default_factory=dict)
    changed: Sequence[datetime] = ()
    series: Mapping[str, Mapping[tuple[str, ...], Sequence[Sample]]] = field(default_factory=dict)
    label_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gauges: Mapping[str, float | None] = field(default_factory=dict)
    defined: Sequence[Definition] = ()
    happened: Sequence[Event] = ()
    was_expected: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    had_incidents: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    @property
    def read_at(self) -> datetime | None:
        return self.now if self.last_read == "now" else self.last_read

    def hours(self, count: Count, since: datetime) -> Sequence[Slot]:
        return _started(self.hour_slots.get(count, ()), since)

    def days(self, count: Count, since: datetime) -> Sequence[Slot]:
        return _started(self.day_slots.get(count, ()), since)

    def commit_times(self, since: datetime) -> Sequence[datetime]:
        return sorted(at for at in self.changed if since <= at <= self.now)

    def samples(
        self, metric: str, labels: Mapping[str, str], since: datetime
    ) -> Mapping[tuple[str, ...], Sequence[Sample]]:
        names = self.label_names.get(metric, ())
        return {
            key: _from([one for one in values if one.at <= self.now], since)
            for key, values in self.series.get(metric, {}).items()
            if not labels or labels.items() <= dict(zip(names, key, strict=True)).items()
        }

    def latest(self, metric: str) -> float | None:
        if metric in self.gauges:
            return self.gauges[metric]
        values = self.series.get(metric, {}).get((), ())
        return values[-1].value if values else None

    def definitions(self, since: datetime | None) -> Sequence[Definition]:
        if since is None:
            return self.defined
        in_force = [index for index, one in enumerate(self.defined) if one.at <= since]
        return self.defined[in_force[-1] :] if in_force else self.defined

    def events(self, since: datetime) -> Sequence[Event]:
        return [event for event in self.happened if since <= event.at <= self.now]

    def expected(self, check: str) -> Sequence[Span]:
        return self.was_expected.get(check, ())

    def incidents(self, check: str) -> Sequence[Span]:
        return self.had_incidents.get(check, ())


def _started(slots: Sequence[Slot], since: datetime) -> Sequence[Slot]:
    return [slot for slot in slots if slot.start >= since]


def _from(values: Sequence[Sample], since: datetime) -> Sequence[Sample]:
    before = [index for index, sample in enumerate(values) if sample.at <= since]
    return values[before[-1] :] if before else values
