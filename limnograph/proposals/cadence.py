"""How often a table changes, learned from the times of its commits, and how often to read it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

Rhythm = Literal["steady", "irregular", "daily", "weekdays", "weekly"]

LEAST = 5
"""Changes, each a commit or a burst of them, below which nothing is learned."""

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_BURST = 0.05  # of the gap that fills most of the time: what is closer together is one change
_NEAR = timedelta(hours=1)  # of the usual time of day
_MOST = 0.75  # of the changes have to agree before a time of day or a weekday is told
_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
# Several reads per change where that is cheap; a late change of a daily table within the hour.
_LADDER = ((40 * _MINUTE, "5m"), (4 * _HOUR, "15m"), (12 * _HOUR, "30m"), (3 * _DAY, "1h"))
_SLOWEST = "6h"
_ROUNDED = ((172_800, 3600), (600, 60), (0, 1))  # from so many seconds on to so many


@dataclass(frozen=True, slots=True)
class Cadence:
    """How the changes of a table follow each other; `at` is the usual minute of the local day.

    `typical` is the median gap, half of the gaps lie from `low` to `high`. `commits` were looked
    at, in `changes` bursts or single ones.
    """

    rhythm: Rhythm
    commits: int
    changes: int
    typical: timedelta
    low: timedelta
    high: timedelta
    longest: timedelta
    last: datetime
    time_zone: str
    at: int | None = None
    weekday: int | None = None

    @property
    def schedule(self) -> str:
        """How often to read: a duration as the configuration takes it."""
        gap = self.low if self.rhythm == "irregular" else self.typical
        return next((text for most, text in _LADDER if gap < most), _SLOWEST)

    def silent(self, now: datetime) -> bool:
        """Whether the table has been silent for much longer than it ever was before."""
        return now - self.last > 3 * self.longest


def learn(commits: Sequence[datetime], time_zone: str, now: datetime) -> Cadence | None:
    """The cadence of commits that changed data; None while they are too few to tell.

    A commit from the future, by a clock that is wrong, counts as of now.
    """
    times = sorted({min(at, now) for at in commits})
    changes = _changes(times)
    if len(changes) < LEAST:
        return None
    gaps = sorted(after - before for before, after in pairwise(changes))
    typical, low, high = (_quantile(gaps, share) for share in (0.5, 0.25, 0.75))
    local = [at.astimezone(ZoneInfo(time_zone)) for at in changes]
    rhythm, minute, weekday = _rhythm(local, typical)
    if rhythm == "steady" and high > 3 * low:
        rhythm = "irregular"
    return Cadence(
        rhythm,
        len(times),
        len(changes),
        typical,
        low,
        high,
        gaps[-1],
        times[-1],
        time_zone,
        minute,
        weekday,
    )


def _changes(times: Sequence[datetime]) -> list[datetime]:
    """The first commit of each burst: a job often makes several commits in a row.

    Only where bursts are short beside the silence between them; else every commit is a change.
    """
    gaps = sorted((after - before for before, after in pairwise(times)), reverse=True)
    window = _filling(gaps) * _BURST
    bursts: list[list[datetime]] = []
    for at in times:
        if bursts and at - bursts[-1][-1] <= window:
            bursts[-1].append(at)
        else:
            bursts.append([at])
    short = sum(burst[-1] - burst[0] <= window for burst in bursts)
    return [burst[0] for burst in bursts] if short >= 0.9 * len(bursts) else list(times)


def _filling(gaps: Sequence[timedelta]) -> timedelta:
    """The gap such that gaps of at least its length, given in falling order, fill half the time."""
    half, filled = sum(gaps, timedelta()) / 2, timedelta()
    for gap in gaps:
        filled += gap
        if filled >= half:
            return gap
    return timedelta()


def _quantile(gaps: Sequence[timedelta], share: float) -> timedelta:
    return gaps[round(share * (len(gaps) - 1))]


def _rhythm(local: Sequence[datetime], typical: timedelta) -> tuple[Rhythm, int | None, int | None]:
    minute = _usual_minute(local)
    if minute is None:
        return "steady", None, None
    if 20 * _HOUR <= typical <= 28 * _HOUR:
        weeks = (local[-1] - local[0]) / (7 * _DAY)
        working = weeks >= 2 and all(at.weekday() < 5 for at in local)
        return ("weekdays" if working else "daily"), minute, None
    if 6 * _DAY <= typical <= 8 * _DAY:
        days = [at.weekday() for at in local]
        usual = max(days, key=days.count)
        if days.count(usual) >= _MOST * len(days):
            return "weekly", minute, usual
    return "steady", None, None


def _usual_minute(local: Sequence[datetime]) -> int | None:
    """The minute of the day around which the times lie; None when they lie all over it."""
    minutes = [at.hour * 60 + at.minute for at in local]
    angles = [minute / 1440 * math.tau for minute in minutes]
    mean = math.atan2(sum(map(math.sin, angles)), sum(map(math.cos, angles)))
    middle = mean / math.tau * 1440
    off = [(minute - middle + 720) % 1440 - 720 for minute in minutes]
    if sum(abs(minute) <= _NEAR / _MINUTE for minute in off) < _MOST * len(off):
        return None
    return round(middle + sorted(off)[len(off) // 2]) % 1440


def sentences(cadence: Cadence, now: datetime) -> tuple[str, ...]:
    """What was learned and from how much, for a person."""
    seen = f"{cadence.commits} commits"
    if cadence.changes < cadence.commits:
        seen += f" in {cadence.changes} bursts"
    told = [f"Changes {_told(cadence)}: learned from {seen} that changed data."]
    if cadence.longest > 3 * cadence.typical:
        told.append(f"The longest silence between them was {short(cadence.longest)}.")
    if cadence.silent(now):
        told.append(
            f"It has been silent for {short(now - cadence.last)}; is it still being written?"
        )
    return tuple(told)


def _told(cadence: Cadence) -> str:
    if cadence.at is not None:
        rounded = round(cadence.at / 5) * 5 % 1440
        clock = f"at about {rounded // 60:02}:{rounded % 60:02} {cadence.time_zone}"
        if cadence.weekday is not None:
            return f"weekly, on {_WEEKDAYS[cadence.weekday]} {clock}"
        return f"{'on weekdays' if cadence.rhythm == 'weekdays' else 'daily'} {clock}"
    low, high = short(cadence.low), short(cadence.high)
    between = f" (half of the gaps are from {low} to {high})" if low != high else ""
    if cadence.rhythm == "irregular":
        return f"irregularly{between}"
    return f"about every {short(cadence.typical)}{between}"


def short(length: timedelta) -> str:
    """A length in its two greatest units, rounded to what matters.

    >>> short(timedelta(days=2, hours=16, minutes=1)), short(timedelta(minutes=59, seconds=57))
    ('2d 16h', '1h')
    """
    seconds = max(round(length.total_seconds()), 0)
    step = next(step for least, step in _ROUNDED if seconds >= least)
    seconds = round(seconds / step) * step
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        parts.append((number, unit))
    first = next((i for i, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{n}{unit}" for n, unit in parts[first : first + 2] if n) or "0s"
