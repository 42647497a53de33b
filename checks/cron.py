"""The times that a line of cron means in a time zone, as cron itself would fire.

Weekdays become names before APScheduler sees them: it counts them from Monday, cron from Sunday.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAYS = re.compile(r"(?:(\*)|([a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?)(?:/([1-9]))?")
_EXAMPLE = "write minute, hour, day, month, weekday, for example '0 6 * * 1-5'"


def checked(text: str) -> str:
    """The line itself; ValueError with the mend where it is none, or never fires."""
    try:
        if next_firing(text, "UTC", datetime(2000, 1, 1, tzinfo=UTC)) is None:
            raise ValueError("that day never comes")
    except ValueError as error:
        reason = str(error)
        raise ValueError(
            f"{text!r} is not a line of cron: {reason[:1].lower()}{reason[1:]}; {_EXAMPLE}"
        ) from None
    return text


def next_firing(text: str, time_zone: str, after: datetime) -> datetime | None:
    """The first firing after a moment; None where there is none any more.

    Where clocks are put back, a fixed time of the hour that comes twice fires once; a line that
    fires every hour, or every few, fires in both.
    """
    found = _trigger(text, time_zone)
    moment = after
    while True:
        firing = found.get_next_fire_time(None, moment + timedelta(microseconds=1))
        if firing is None:
            return None
        at: datetime = firing.astimezone(UTC)
        local = at.astimezone(firing.tzinfo)
        if not local.fold or text.split()[1].startswith("*"):
            return at
        moment = at


@lru_cache(maxsize=4096)
def _trigger(text: str, time_zone: str) -> Any:
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger.from_crontab(named(text), timezone=time_zone)


def named(text: str) -> str:
    """The line with its weekdays by name; ValueError where it cannot mean what it does to cron.

    >>> named("0 8 * * 1-5")
    '0 8 * * mon,tue,wed,thu,fri'
    """
    if not text.isascii():
        raise ValueError("it holds a character that cron does not know")
    fields = text.lower().split()
    if len(fields) != 5:
        raise ValueError(f"five fields are needed, got {len(fields)}")
    if not fields[2].startswith("*") and not fields[4].startswith("*"):
        # cron fires when either matches, APScheduler when both do.
        raise ValueError("day of month and day of week are both set, leave one of them *")
    return " ".join((*fields[:4], _named(fields[4])))


def _named(field: str) -> str:
    """A field of weekdays, each by its name."""
    if field == "*":
        return field
    days = {day for item in field.split(",") for day in _days(item)}
    return ",".join(_DAYS[day] for day in sorted(days))


def _days(item: str) -> set[int]:
    match = _WEEKDAYS.fullmatch(item)
    if match is None:
        raise ValueError(f"{item!r} is not a weekday")
    every, begin, end, step = match.groups()
    first = 0 if every else _day(begin)
    # A step without an end runs to the end of the week, as in cron; 7 ends one on Sunday.
    last = _day(end) if end else 6 if every or step else first
    if end and last == 0:
        last = 7
    if last < first:
        raise ValueError(f"{item!r} ends before it begins")
    return {day % 7 for day in range(first, last + 1, int(step or 1))}


def _day(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text not in _DAYS:
        raise ValueError(f"{text!r} is not a weekday")
    return _DAYS.index(text)
