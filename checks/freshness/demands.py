"""When the next data is due after the newest, by each declared rule. Pure.

A rule looks ahead from the newest data to the first deadline that this data does not meet; so data
is late once that deadline has passed, and stays late until there is newer data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from checks.cron import next_firing
from checks.freshness.calendar import DAY, Calendar
from checks.freshness.form import FreshnessForm
from checks.wording import length

_GRACE = timedelta(hours=1)
_MIDNIGHT = time()
_MOST_FIRINGS = 10_000


@dataclass(frozen=True, slots=True)
class Demand:
    """Data of `start` or later is due by `due`; `rule` says why, in words."""

    start: datetime
    due: datetime
    rule: str


def demands(form: FreshnessForm, calendar: Calendar, newest: datetime) -> Iterator[Demand]:
    """The first demand of each declared rule that is not met by what is of `newest`."""
    if form.by is not None:
        yield from _by(form.by, form.from_ or _MIDNIGHT, calendar, newest)
    if form.max_age is not None:
        yield from _max_age(form.max_age, calendar, newest)
    if form.cron is not None:
        yield from _cron(form.cron, form.grace, calendar, newest)


def _by(by: time, begin: time, calendar: Calendar, newest: datetime) -> Iterator[Demand]:
    early = DAY if begin >= by else timedelta(0)
    for day in calendar.days(calendar.day(newest) - DAY):
        start = calendar.first(day - early, begin)
        if start > newest:
            yield Demand(start, calendar.last(day, by), f"by {by:%H:%M}")
            return


def _max_age(text: str, calendar: Calendar, newest: datetime) -> Iterator[Demand]:
    due = later(calendar, newest, length(text))
    if due is not None:
        yield Demand(newest, due, f"at most {text} old")


def _cron(text: str, grace: str | None, calendar: Calendar, newest: datetime) -> Iterator[Demand]:
    at, wait = newest, length(grace) if grace else _GRACE
    for _ in range(_MOST_FIRINGS):
        firing = next_firing(text, calendar.time_zone, at)
        if firing is None:
            return
        if not calendar.is_holiday(calendar.day(firing)):
            yield Demand(firing, firing + wait, f"within {grace or '1h'} of {text!r}")
            return
        at = firing


def later(calendar: Calendar, begin: datetime, lasting: timedelta) -> datetime | None:
    """When so much time has passed on days that count; None where no calendar reaches."""
    if calendar.is_plain:
        return begin + lasting
    left = lasting
    for day in calendar.days(calendar.day(begin)):
        start = max(begin, calendar.first(day, _MIDNIGHT))
        end = calendar.first(day + DAY, _MIDNIGHT)
        if end - start >= left:
            return (start + left).astimezone(UTC)
        left -= max(end - start, timedelta(0))
    return None
