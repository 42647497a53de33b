"""The local time of a point, and the rhythm in which points come."""

import calendar
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = 86400.0
_FINEST = 300.0
_MONDAY = date(1970, 1, 5).toordinal()
_NEAR_END = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time: days since a Monday, and the second of that day."""

    day: int
    second: float

    @property
    def weekday(self) -> int:
        return self.day % 7

    @property
    def date(self) -> date:
        return date.fromordinal(self.day + _MONDAY)


def moment(at: datetime, zone: ZoneInfo) -> Moment:
    local = at.astimezone(zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    return Moment(local.toordinal() - _MONDAY, float(second))


def step(seconds: Sequence[float]) -> float:
    """The usual seconds between neighbours of these rising Unix times; a day where unknown."""
    gaps = [b - a for a, b in pairwise(seconds) if b > a]
    return statistics.median(gaps) if gaps else DAY


def slots(step_seconds: float) -> int:
    """How many parts of a day are told apart."""
    if step_seconds > 0.75 * DAY:
        return 1
    return max(round(DAY / max(step_seconds, _FINEST)), 1)


@lru_cache(maxsize=4096)
def marks(day: int) -> tuple[str, ...]:
    """Where a day stands in its month, from its start and its end, in days and working days; and in
    its fortnight."""
    at = date.fromordinal(day + _MONDAY)
    last = calendar.monthrange(at.year, at.month)[1]
    found = [f"day {at.day}", f"day {day % 14} of a fortnight"]
    if last - at.day < _NEAR_END:
        found.append(f"{last - at.day} days before the end")
    if day % 7 < 5:
        month = [at.replace(day=number) for number in range(1, last + 1)]
        working = [other for other in month if other.weekday() < 5]
        place = working.index(at)
        if place < _NEAR_END:
            found.append(f"working day {place + 1}")
        if len(working) - place <= _NEAR_END:
            found.append(f"{len(working) - place - 1} working days before the end")
    return tuple(found)
