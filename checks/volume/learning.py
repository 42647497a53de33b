"""How much history a series must have before it is judged, and what of it is missing."""

import math

from checks.volume.clock import DAY

_FINE = 20 * 60.0
_RHYTHM = 0.15
_LEAST_FINE, _FINE_DAYS = 3.0, 8.0
_LEAST_INTRADAY, _INTRADAY_DAYS = 7.0, 14.0
_DAILY_DAYS = 28.0
_POINTS = 18


def needed_days(step: float, rhythm: float) -> float:
    """The days of history from which a series of this step is judged.

    A series with a rhythm in its day may have one in its week: every day of the week is seen, by
    an hourly series twice and by a daily one four times. Without, a few days tell what it does.
    """
    if step <= _FINE:
        return _FINE_DAYS if rhythm > _RHYTHM else _LEAST_FINE
    if step <= 0.75 * DAY:
        return _INTRADAY_DAYS if rhythm > _RHYTHM else _LEAST_INTRADAY
    return max(_DAILY_DAYS, 12 * step / DAY)


def missing(days: float, points: int, step: float, rhythm: float) -> str:
    """One sentence on what is missing; empty when there is enough. `step` is in seconds."""
    needed = needed_days(step, rhythm)
    have = days + step / DAY if points else 0.0
    if have < needed:
        more = math.ceil(needed - have)
        return (
            f"history is {_days(math.floor(have))}, {math.ceil(needed)} are needed: "
            f"{more} more {'day' if more == 1 else 'days'}"
        )
    least = _POINTS if step <= 5 * DAY else 12
    if points < least:
        return f"history is {points} known points, {least} are needed: {least - points} more"
    return ""


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"
