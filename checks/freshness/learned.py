"""When the next commit is due as the past has it: how long a silence this table is used to.

Three rules, and the earliest counts. Slot surprise: each hour of the week has a learned
probability of a commit, and the silence is too long once it was less probable than alpha. The
longest usual gap: 1.25 times the 99.9th percentile of the last gaps. The most surprising one: of a
table written about once a day, 1.25 times that percentile of how surprising its gaps were, and a
quarter of its usual gap longer. The last two tell of daily tables, for which the first would wait
for more loads to be missed. Gaps are counted in hours with commits, so that a burst of commits is
one; hours on holidays do not count.

Tried on ten simulated weeks with an outage (`tests/checks/freshness/test_measured.py`): a daily
table is late 10 hours after its first missed load, one of weekdays after 31, one of every hour
after 2, with one false alarm in three months at most.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from checks.core import Span
from checks.freshness.calendar import Calendar
from checks.wording import plural
from monitors.freshness import WEEK, hours_of_week, slot, slot_odds

if TYPE_CHECKING:
    import numpy as np

    Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
    Odds = np.ndarray[tuple[int], np.dtype[np.float64]]

LEARN = timedelta(weeks=7)
LEARN_RARE = timedelta(days=400)
"""How far back commits are looked at: of a table that changes often, and of one that does not."""
LEAST_HOURS = 10
"""Hours with commits that must be known, over two weeks; gaps must be more than these."""
_LEAST_WEEKS = 2
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_HORIZON = 8 * WEEK
_MONTH = timedelta(days=30)
_MOST_GAPS = 500
_NEARLY_ALL, _MARGIN = 0.999, 1.25
_RARE = 20.0  # hours from commit to commit of a table that is written once a day
_LEAST_SURPRISE = 2.0  # a silence that is had in one of seven cases is nothing to speak of
_LEAST_ALPHA, _MOST_ALPHA = 1e-9, 1e-2


@dataclass(frozen=True, slots=True)
class Usual:
    """By when the next commit usually is there; None is unknown, with the reason."""

    due: datetime | None
    reason: str = ""


def usual(
    commits: Sequence[datetime],
    calendar: Calendar,
    false_alarms: float,
    incidents: Sequence[Span] = (),
) -> Usual:
    """What commits in order of time tell of the next one.

    `false_alarms` is how many to expect in 30 days; silences during `incidents` were not usual.
    """
    hours = sorted({slot(at) for at in commits})
    weeks = (hours[-1] - hours[0]) / WEEK if hours else 0.0
    if len(hours) < LEAST_HOURS or weeks < _LEAST_WEEKS:
        return Usual(
            None,
            f"history is short: commits in {plural(len(hours), 'hour')} over {weeks:.1f} weeks, "
            f"{LEAST_HOURS} over {_LEAST_WEEKS} are needed",
        )
    ahead = _Ahead(hours, calendar, _usual_gaps(hours, incidents))
    alpha = alpha_of(hours, false_alarms)
    steps = [ahead.surprising(math.log(1 / alpha)), ahead.longest(), ahead.unlike_before()]
    known = [step for step in steps if step is not None]
    if not known:
        return Usual(None, "the table changes too rarely to tell when it is late")
    return Usual(_MONDAY + (hours[-1] + 1 + min(known)) * _HOUR)


def alpha_of(hours: Sequence[int], false_alarms: float) -> float:
    """How improbable a silence must be, so that there are so many false alarms in 30 days.

    Each gap between commits is one chance for a false alarm.
    """
    days = (hours[-1] - hours[0]) * _HOUR / timedelta(days=1)
    gaps = (len(hours) - 1) * (_MONTH / timedelta(days=1)) / max(days, 1.0)
    return min(max(false_alarms / max(gaps, 1.0), _LEAST_ALPHA), _MOST_ALPHA)


def _usual_gaps(hours: Sequence[int], incidents: Sequence[Span]) -> list[tuple[int, int]]:
    """The last gaps between hours with commits, but those that touch an incident."""
    spans = [(slot(begin), slot(end)) for begin, end in incidents]
    return [
        (before, after)
        for before, after in pairwise(hours)
        if not any(begin < after and before <= end for begin, end in spans)
    ][-_MOST_GAPS:]


class _Ahead:
    """The hours after the last one with a commit; an answer is how many of them must pass."""

    def __init__(
        self, hours: Sequence[int], calendar: Calendar, gaps: Sequence[tuple[int, int]]
    ) -> None:
        self.hours, self.calendar, self.gaps = hours, calendar, gaps
        self.odds = slot_odds(hours, hours[-1], calendar.time_zone)

    def surprising(self, limit: float) -> int | None:
        """Until the surprise of the silence exceeds a limit."""
        import numpy as np

        last = self.hours[-1]
        ahead = self._surprise(last + 1, last + _HORIZON)
        surprise = np.cumsum(np.where(self._counted(_HORIZON), ahead, 0.0))
        steps = int(np.searchsorted(surprise, limit, side="right"))
        return steps + 1 if steps < len(surprise) else None

    def longest(self) -> int | None:
        """Until the silence is a quarter longer than nearly all before it."""
        import numpy as np

        if len(self.gaps) <= LEAST_HOURS:
            return None
        lengths = [after - before for before, after in self.gaps]
        silence = math.ceil(_MARGIN * float(np.quantile(lengths, _NEARLY_ALL)))
        passed = np.cumsum(self._counted(2 * silence + _HORIZON))
        steps = int(np.searchsorted(passed, silence))
        return steps + 1 if steps < len(passed) else None

    def unlike_before(self) -> int | None:
        """Until it is a quarter more surprising than nearly all before it, and a while longer.

        Only of a table that is written about once a day or more rarely: where there are more
        gaps, this would be a false alarm now and then, and the other rules are quick enough.
        """
        import numpy as np

        lengths = [after - before for before, after in self.gaps]
        if len(self.gaps) <= LEAST_HOURS or (usual := float(np.median(lengths))) < _RARE:
            return None
        first = self.gaps[0][0]
        past = np.concatenate(([0.0], np.cumsum(self._surprise(first, self.hours[-1]))))
        before, after = (np.array(side) - first for side in zip(*self.gaps, strict=True))
        silences = past[after] - past[before + 1]
        limit = max(_MARGIN * float(np.quantile(silences, _NEARLY_ALL)), _LEAST_SURPRISE)
        steps = self.surprising(limit)
        return None if steps is None else steps + math.ceil((_MARGIN - 1) * usual)

    def _surprise(self, first: int, last: int) -> "Odds":
        """How surprising it is that there is no commit, for each hour."""
        import numpy as np

        hours = hours_of_week(first, last, self.calendar.time_zone)
        return np.asarray(-np.log1p(-self.odds[hours]), np.float64)

    def _counted(self, horizon: int) -> "Flags":
        """Which of the hours ahead count: those that are on no holiday."""
        import numpy as np

        if not self.calendar.regions and not self.calendar.dates:
            return np.ones(horizon, np.bool_)
        starts = (_MONDAY + (self.hours[-1] + 1 + step) * _HOUR for step in range(horizon))
        off = (self.calendar.is_holiday(self.calendar.day(start)) for start in starts)
        return ~np.fromiter(off, np.bool_, horizon)
