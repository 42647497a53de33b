"""When a monitor is due on a table: arithmetic over its schedule, its name and its last run.

Nothing is remembered between two questions, so a restart changes no answer. Times that passed
while nobody was there count once. Tables of the same schedule are spread over a short while, each
always at the same offset, so that a thousand of them do not begin in the same second.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from checks.cron import next_firing
from limnograph.settings.schedules import Cron, Every, Schedule

SPREAD = timedelta(seconds=60)  # the greatest offset; a tenth of the interval where that is less
GRACE = timedelta(hours=1)  # how late a time of cron is still made up for; an interval always is
SKEW = timedelta(minutes=5)  # a run later than now by more: the clock was set back since
OVERDUE_INTERVALS = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_due(
    schedule: Schedule, time_zone: str, name: str, last: datetime | None, now: datetime
) -> bool:
    """Whether to read now what was last read at `last`; what was never read is due."""
    if last is None or last > now + SKEW:
        return True
    since = max(last, now - GRACE) if isinstance(schedule, Cron) else last
    return next_time(schedule, time_zone, name, since) <= now


def next_time(schedule: Schedule, time_zone: str, name: str, after: datetime) -> datetime:
    """The first time after a moment at which the schedule wants the named table read."""
    if isinstance(schedule, Every):
        interval = timedelta(seconds=schedule.seconds)
        offset = _offset(name, min(SPREAD, interval / 10))
        passed = (after - _EPOCH - offset) // interval
        return _EPOCH + offset + (passed + 1) * interval
    offset = _offset(name, SPREAD)
    return _cron_time(schedule, time_zone, after - offset) + offset


def overdue_time(schedule: Schedule, time_zone: str, after: datetime) -> datetime:
    """When a table read at `after` has missed so many readings that something must be wrong."""
    for _ in range(OVERDUE_INTERVALS):
        if isinstance(schedule, Every):
            after += timedelta(seconds=schedule.seconds)
        else:
            after = _cron_time(schedule, time_zone, after)
    return after


def _cron_time(cron: Cron, time_zone: str, after: datetime) -> datetime:
    # The settings refuse an expression whose day never comes.
    return next_firing(cron.text, time_zone, after) or datetime.max.replace(tzinfo=UTC)


@lru_cache(maxsize=65536)
def _offset(name: str, spread: timedelta) -> timedelta:
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
    return timedelta(seconds=int(spread.total_seconds() * share))
