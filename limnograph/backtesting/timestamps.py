"""Times as files hold them, in UTC: ISO 8601 and its careless forms, and Unix time."""

import re
from datetime import UTC, datetime

from limnograph.backtesting.texts import shown

_LOOSE = re.compile(
    r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r" ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"\d{9,19}(?:\.\d*)?")
_UNITS = {9: 1, 10: 1, 12: 1_000, 13: 1_000, 15: 1_000_000, 16: 1_000_000, 18: 10**9, 19: 10**9}
"""How many of its units are a second, by the number of digits; years 1973 to 2286."""
_YEARS = range(1900, 2200)

MEND = "write ISO 8601, such as 2026-03-01T06:00:00Z, or Unix time"


def moment(text: str) -> datetime:
    """A time in UTC; one without a zone is taken to be in UTC. ValueError for what is none.

    >>> moment("2014-07-01 00:30:00").isoformat()
    '2014-07-01T00:30:00+00:00'
    >>> moment("2014/7/1 2:30 +0200") == moment("1404174600") == moment("1404174600000")
    True
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = _from_epoch(text) if _EPOCH.fullmatch(text) else _loose(text)
    try:
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"{shown(text)} is out of range; {MEND}") from None
    if at.year not in _YEARS:
        raise ValueError(f"{shown(text)} is out of range; {MEND}")
    return at


def is_written_out(text: str) -> bool:
    """Whether a text is a time that cannot be mistaken for a number."""
    try:
        moment(text)
    except ValueError:
        return False
    return not text.isdigit() and not _EPOCH.fullmatch(text)


def _from_epoch(text: str) -> datetime:
    whole, _, fraction = text.partition(".")
    unit = _UNITS.get(len(whole))
    if unit is None:
        raise ValueError(f"{shown(text)} is no Unix time in s, ms, µs or ns; {MEND}")
    seconds, rest = divmod(int(whole), unit)
    micros = rest * 1_000_000 // unit
    if unit == 1 and fraction:
        micros = int(fraction[:6].ljust(6, "0"))
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def _loose(text: str) -> datetime:
    found = _LOOSE.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(text)} is no time; {MEND}")
    year, month, day, hour, minute, second, zone = found.groups()
    iso = f"{year}-{month:0>2}-{day or 1:0>2}T{hour or 0:0>2}:{minute or 0:0>2}:{second or 0:0>2}"
    if zone and zone[0] in "+-":
        iso += f"{zone[:3]}:{zone[-2:]}"
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        raise ValueError(f"{shown(text)} is no time of the calendar; {MEND}") from None
