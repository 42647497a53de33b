"""Durations: a number and a unit, such as 90s, 15m, 1h or 1d; in memory whole seconds."""

import re

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_TEXT = re.compile(r"([0-9]{1,9})([smhd])")
LONGEST = 366 * 86400
PATTERN = r"^[0-9]{1,9}[smhd]$"


def seconds(text: str) -> int:
    """The seconds of a duration; ValueError when it is none, or not between 1s and 366d.

    >>> seconds("15m")
    900
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write for example 90s, 15m, 1h or 1d")
    value = int(match[1]) * _UNITS[match[2]]
    if not 1 <= value <= LONGEST:
        raise ValueError(f"{text!r} is out of range; write a duration from 1s to 366d")
    return value


def text(value: int) -> str:
    """Seconds as a duration, in the greatest unit that divides them.

    >>> text(5400)
    '90m'
    """
    unit = next(unit for unit, size in _UNITS.items() if value % size == 0)
    return f"{value // _UNITS[unit]}{unit}"
