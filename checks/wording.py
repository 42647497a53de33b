"""How numbers, times and lengths are written and read; unknown is always `?`, never zero."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, WithJsonSchema

from checks.forms import DURATION

UNKNOWN = "?"
MOST_NAMED = 3
LONGEST = timedelta(days=366)
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def length(text: str) -> timedelta:
    """The length that a duration means; ValueError when it is none, or not from 1s to 366d.

    >>> length("26h")
    datetime.timedelta(days=1, seconds=7200)
    """
    if not isinstance(text, str) or not re.fullmatch(DURATION, text, re.ASCII):
        raise ValueError(f"{text!r} is not a duration; write for example 90s, 15m, 1h or 1d")
    seconds = int(text[:-1]) * _UNITS[text[-1]]
    if not 1 <= seconds <= LONGEST.total_seconds():
        raise ValueError(f"{text!r} is out of range; write a duration from 1s to 366d")
    return timedelta(seconds=seconds)


def _duration(text: str) -> str:
    length(text)
    return text


Length = Annotated[
    str, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": DURATION})
]
"""A duration in a form, such as 90s, 15m, 1h or 1d; from 1s to 366d."""


def number(value: float | None) -> str:
    """A number with thousands separators, at most four digits behind the point.

    >>> number(1234567.0), number(0.12345), number(-1.5), number(None)
    ('1,234,567', '0.1235', '-1.5', '?')
    """
    if value is None:
        return UNKNOWN
    if not isfinite(value):
        return str(value)
    if value == round(value):
        return f"{value + 0.0:,.0f}"  # adding nothing takes the sign from a negative zero
    if abs(value) < 1e-4:
        return f"{value:.3g}"
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def percent(ratio: float | None) -> str:
    """A ratio as percent, with a fraction only where it tells.

    >>> percent(0.456), percent(0.0123), percent(0.9999), percent(None)
    ('45.6 %', '1.23 %', '99.99 %', '?')
    """
    if ratio is None:
        return UNKNOWN
    value = ratio * 100
    if not isfinite(value) or abs(value) >= 1000:
        return f"{value:,.0f} %"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text} %" if float(text) or not value else f"{value:.1g} %"


def span(length: timedelta) -> str:
    """A length of time in its two largest units.

    >>> span(timedelta(seconds=42)), span(timedelta(hours=3, minutes=5)), span(timedelta(days=9.5))
    ('42 s', '3 h 5 min', '9 d 12 h')
    """
    seconds = int(abs(length).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return _two(f"{hours} h", minutes % 60, "min")
    return _two(f"{days} d", hours % 24, "h")


def _two(large: str, rest: int, unit: str) -> str:
    return f"{large} {rest} {unit}" if rest else large


def size(bytes_: float) -> str:
    """Bytes in decimal units, three digits where there is a fraction.

    >>> size(512), size(2_340_000), size(12_000_000_000), size(-1500)
    ('512 B', '2.34 MB', '12.0 GB', '-1.50 kB')
    """
    if abs(bytes_) < 1000:
        return f"{number(bytes_)} B"
    value, units = bytes_ / 1000, ["kB", "MB", "GB", "TB", "PB", "EB"]
    while abs(value) >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {units[0]}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def moment(at: datetime, time_zone: str = "UTC", *, named: bool = True) -> str:
    """A time as a clock in a time zone shows it, to the minute, with the zone's name if `named`.

    >>> moment(datetime.fromisoformat("2026-11-23T07:00:00+00:00"), "Europe/Berlin")
    'Mon 2026-11-23 08:00 Europe/Berlin'
    """
    local = at.astimezone(ZoneInfo(time_zone))
    # Names of days come from here, not from the locale of the machine.
    text = f"{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}"
    return f"{text} {time_zone}" if named else text


def distance(at: datetime, now: datetime) -> str:
    """How far a time lies from `now`.

    >>> noon = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
    >>> distance(noon - timedelta(hours=3), noon), distance(noon + timedelta(minutes=5), noon)
    ('3 h ago', 'in 5 min')
    """
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"


def plural(count: int, noun: str) -> str:
    """A counted noun.

    >>> plural(1, "column"), plural(1200, "column")
    ('1 column', '1,200 columns')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def verb(count: int, one: str, many: str) -> str:
    """The form of a verb that goes with a count.

    >>> verb(1, "has", "have"), verb(0, "has", "have")
    ('has', 'have')
    """
    return one if count == 1 else many


def listed(items: Iterable[str], most: int = MOST_NAMED, joint: str = ", ") -> str:
    """Some of many, and how many more there are.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 more')
    """
    every: Sequence[str] = list(items)
    text = joint.join(every[:most])
    return text if len(every) <= most else f"{text} and {len(every) - most:,} more"


def near(word: str, known: Iterable[str], most: int = 12) -> str:
    """The word that was meant, else those that there are: the mend of a wrong name.

    >>> near("strng", ["string", "long"]), near("x", ["string", "long"])
    ("did you mean 'string'?", 'known: long, string')
    """
    from difflib import get_close_matches

    every = sorted(known)
    folded = {name.casefold(): name for name in every}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean {folded[close[0]]!r}?"
    return f"known: {listed(every, most)}" if every else "there is none"
