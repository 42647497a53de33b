"""Ages: how long something is kept, such as 14d, 8w or 2y; in memory a time delta."""

import re
from datetime import timedelta

_UNITS = {"y": 365, "w": 7, "d": 1}
_TEXT = re.compile(r"([0-9]{1,6})([dwy])")
_LONGEST = 100 * _UNITS["y"]
PATTERN = r"^[0-9]{1,6}[dwy]$"


def age(text: str) -> timedelta:
    """The length of an age; ValueError when it is none, or not between 1d and 100y.

    >>> age("2y").days
    730
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an age; write for example 14d, 8w or 2y")
    days = int(match[1]) * _UNITS[match[2]]
    if not 1 <= days <= _LONGEST:
        raise ValueError(f"{text!r} is out of range; write an age from 1d to 100y")
    return timedelta(days=days)


def text(value: timedelta) -> str:
    """An age as it is written, in years where they are whole, else in days.

    >>> text(timedelta(days=730)), text(timedelta(days=14))
    ('2y', '14d')
    """
    years, rest = divmod(value.days, _UNITS["y"])
    return f"{value.days}d" if rest else f"{years}y"
