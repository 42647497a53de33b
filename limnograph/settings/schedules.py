"""When a table is read: every so many seconds, or by a line of cron in the table's time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from limnograph.settings import durations

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAYS = re.compile(r"(?:(\*)|([a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?)(?:/([1-9]))?")


@dataclass(frozen=True, slots=True)
class Every:
    """Once in so many seconds."""

    seconds: int

    def __str__(self) -> str:
        return durations.text(self.seconds)


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields of cron. Weekdays are names: APScheduler counts them from Monday, cron from
    Sunday, and names mean the same to both."""

    text: str

    def __str__(self) -> str:
        return self.text


Schedule = Every | Cron
DEFAULT: Schedule = Every(900)


@lru_cache(maxsize=4096)
def parse(text: str) -> Schedule:
    """The schedule that a text says; ValueError with the mend when it says none.

    >>> parse("15m"), parse("0 8 * * 1-5")
    (Every(seconds=900), Cron(text='0 8 * * mon,tue,wed,thu,fri'))
    """
    fields = text.lower().split()
    if len(fields) > 1:
        return _cron(text, fields)
    try:
        return Every(durations.seconds(text.strip()))
    except ValueError as error:
        if "range" in str(error):
            raise
        raise ValueError(
            f"{text!r} is neither a duration nor a line of cron; write for example 15m or "
            "'5 * * * *'"
        ) from None


def _cron(text: str, fields: list[str]) -> Cron:
    try:
        if len(fields) != 5 or not text.isascii():
            raise ValueError(f"five fields are needed, got {len(fields)}")
        if not fields[2].startswith("*") and not fields[4].startswith("*"):
            # cron fires when either matches, APScheduler when both do.
            raise ValueError("day of month and day of week are both set, leave one of them *")
        cron = Cron(" ".join((*fields[:4], _named_weekdays(fields[4]))))
        if trigger(cron, "UTC").get_next_fire_time(None, datetime(2000, 1, 1, tzinfo=UTC)) is None:
            raise ValueError("that day never comes")
    except ValueError as error:
        reason = str(error)
        raise ValueError(
            f"{text!r} is not a line of cron: {reason[:1].lower()}{reason[1:]}; write minute, "
            "hour, day, month, weekday, for example '5 * * * *'"
        ) from None
    return cron


def trigger(cron: Cron, time_zone: str) -> Any:
    """The APScheduler trigger of a line of cron; ValueError when a field is wrong."""
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger.from_crontab(cron.text, timezone=time_zone)


def _named_weekdays(field: str) -> str:
    if field == "*":
        return field
    days: set[int] = set()
    for item in field.split(","):
        days.update(_weekdays(item))
    return ",".join(_DAYS[day] for day in sorted(days))


def _weekdays(item: str) -> set[int]:
    match = _WEEKDAYS.fullmatch(item)
    if match is None:
        raise ValueError(f"{item!r} is not a weekday")
    if match[1]:
        first, last = 0, 6
    else:
        first = _weekday(match[2])
        # A step without an end runs to the end of the week, as in cron.
        last = _weekday(match[3]) if match[3] else (6 if match[4] else first)
        if last == 0 and match[3]:
            last = 7
    if last < first:
        raise ValueError(f"{item!r} ends before it begins")
    return {day % 7 for day in range(first, last + 1, int(match[4] or 1))}


def _weekday(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text not in _DAYS:
        raise ValueError(f"{text!r} is not a weekday")
    return _DAYS.index(text)
