"""The detector: what the next point should be, how surprising it is, and what it teaches.

It reads a series once, in order. Every point is judged before it trains; the season is fitted anew
about once a day, the level follows every point. A point out of bounds does not train: what was
expected before is held on to until the series is back, or has stayed away for so long that this is
the new normal.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from checks.volume import clock, profile
from checks.volume.clock import DAY, Moment
from checks.volume.habits import Habits, places
from checks.volume.learning import missing
from checks.volume.levels import Levels
from checks.volume.memory import Memory, Spans
from checks.volume.months import Months
from checks.volume.outlook import MOSTLY_ZERO, ZEROS, Guess, Outlook
from checks.volume.runs import Runs
from checks.volume.scale import Scale
from checks.volume.spread import Spread
from checks.volume.tail import Tail
from checks.volume.windows import Window
from checks.volume.words import Tuning

_LEAST_MONTH = 6000.0
"""Series of fewer points a month are judged as strictly as one of so many."""
_PARTS = 3.0
"""Points, windows and runs share the false alarms."""
_FIRST = 4
_AGAIN = 3000
_OFTEN = 5
"""More alarms than that in a month, more than one a week, are the nature of a series."""
_SUSPECT = 0.75
_NO_MOMENT = -1


@dataclass(frozen=True, slots=True)
class Seen:
    """How surprising a point was, by itself, with those before it, and as one that stands still.

    Surprises are -log of odds. `shift` is the mean deviation of the window of `length` points that
    surprised most, on the scale; `drifted` says that it is an alarm.
    """

    point: float = 0.0
    window: float = 0.0
    length: int = 0
    shift: float = 0.0
    drifted: bool = False
    run: float = 0.0
    same: int = 0


class Detector:
    """Judges one series, point by point, in order."""

    def __init__(self, tuning: Tuning) -> None:
        self.tuning = tuning
        self._zone = ZoneInfo(tuning.time_zone)
        self._holidays = frozenset(tuning.holidays)
        self._wanted = Spans(tuning.expected)
        self._excluded = Spans(tuning.excluded)
        self.memory = Memory()
        self.step = DAY
        self.profile = profile.flat()
        self.scale: Scale | None = None
        self._levels = Levels(1.0)
        self._tail = Tail(in_spreads=True)
        self._months = Months()
        self._runs = Runs()
        self._habits = Habits()
        self._windows: tuple[Window, ...] = ()
        self._pending: list[int] = []
        self._other: float | None = None
        self._other_until = 0
        self._spread = self._slow = Spread(40)
        self._episodes: deque[float] = deque()
        self._fitted, self._fitted_day = 0, _NO_MOMENT

    @property
    def alarm(self) -> float:
        """The surprise from which a point is an alarm."""
        month = 30 * DAY / max(self.step, 1.0)
        budget = self.tuning.false_alarms / (_PARTS * max(month, _LEAST_MONTH))
        return -math.log(min(budget, 0.2))

    @property
    def patience(self) -> int:
        """After so many points on the same side a new level is taken for normal.

        A bad day is no new normal, so that intraday series wait for more than one.
        """
        return int(min(max(1.25 * DAY / max(self.step, 1.0), 7), 400))

    def missing(self) -> str:
        """What history is missing before points are judged; empty when there is enough."""
        return missing(self.memory.days, len(self.memory), self.step, self.profile.rhythm)

    # -- before a point is seen ------------------------------------------------------------------

    def outlook(self, at: datetime) -> Outlook | None:
        """What a point at this time may be; None while nothing at all can be said."""
        here = clock.moment(at, self._zone)
        self._refit_when_due(here)
        if self.scale is None or self._levels.count < _FIRST:
            return None
        cell, hour = self._places(here)
        zero = self.profile.zeros[hour]
        if here.date in self._holidays:
            zero = max(zero, self.profile.zeros[self._places(Moment(6, here.second))[1]])
        guesses = self._guesses(here, self.profile.usual[cell], self.profile.spread[hour])
        memory = self.memory
        return Outlook(guesses, self.scale, self._tail, zero, memory.negative, memory.whole)

    def _guesses(self, here: Moment, usual: float, varies: float) -> tuple[Guess, ...]:
        spread, slow = self._spread.of(varies), self._slow.of(varies)
        effect = self._months.effect(here.day) if self.step < 3 * DAY else None
        shift = effect.shift if effect else 0.0
        main = self._levels.expected(usual)
        guesses = [Guess(main + shift, spread)]
        if effect and not effect.sure:
            guesses.append(Guess(main, spread))
        if effect or self._pending:
            guesses.append(Guess(self._levels.slow(usual) + shift, slow))
        if self._other is not None and len(self.memory) < self._other_until:
            guesses.append(Guess(usual + self._other + shift, slow))
        if here.date in self._holidays:
            sunday = self.profile.usual[self._places(Moment(6, here.second))[0]]
            guesses.append(Guess(self._levels.slow(sunday), slow))
        return tuple(guesses)

    def _places(self, at: Moment) -> tuple[int, int]:
        return self.profile.cell(at.weekday, at.second), self.profile.hour(at.weekday, at.second)

    # -- when it is seen -------------------------------------------------------------------------

    def look(self, at: datetime, value: float, outlook: Outlook | None) -> Seen:
        """How surprising a value is."""
        if self.scale is None or outlook is None:
            return Seen()
        run = self._runs.add(value, outlook.zero)
        point = outlook.surprise(value)
        matters, window, length, shift = self._over_windows(at, value, outlook, point)
        drifted = matters and window >= self.alarm
        return Seen(point, window, length, shift, drifted, run, self._runs.length)

    def _over_windows(
        self, at: datetime, value: float, outlook: Outlook, point: float
    ) -> tuple[bool, float, int, float]:
        best = (False, 0.0, 0, 0.0)
        if outlook.zero > MOSTLY_ZERO or (value == 0 and outlook.zero >= ZEROS):
            return best
        if len(outlook.guesses) > 1 and not self._pending:
            return best
        cell, hour = self._places(clock.moment(at, self._zone))
        spread = self._slow.of(self.profile.spread[hour])
        miss = outlook.scale.forward(value) - self._levels.slow(self.profile.usual[cell])
        train = at not in self._excluded and not self._pending
        for window in self._windows:
            # What is an alarm by itself would make one of every window that holds it.
            surprise = window.add(0.0 if point >= self.alarm else miss / spread, train=train)
            # Two windows have a part of the false alarms; where there are more, they share it.
            surprise = max(surprise - math.log(max(len(self._windows) / 2, 1.0)), 0.0)
            shift = window.mean * self._slow.of(1.0)
            found = (self._matters(shift), surprise, window.length, shift)
            best = max(best, found)
        return best

    def _matters(self, shift: float) -> bool:
        """Whether a mean that is away by so much is anybody's business."""
        side, floor = self.tuning.side, self.tuning.floor
        if (shift > 0 and side == "low") or (shift < 0 and side == "high"):
            return False
        if self.scale is None or not self.scale.logarithmic:
            return abs(shift) > 2 * floor
        return abs(math.expm1(min(shift, 700.0))) > floor

    # -- what it teaches -------------------------------------------------------------------------

    def train(
        self, at: datetime, value: float, outlook: Outlook | None, seen: Seen, *, flagged: bool
    ) -> None:
        """Learn from a point that was judged."""
        here = clock.moment(at, self._zone)
        wanted = at in self._wanted
        incident = at in self._excluded and not wanted
        apart = incident or here.date in self._holidays
        self.memory.add(at.timestamp(), here, value, trains=not apart and (wanted or not flagged))
        if self.scale is None or (apart and not (incident and flagged)):
            return
        usual, scaled = self.profile.usual[self._places(here)[0]], self.scale.forward(value)
        comes = value > 0 and outlook is not None and outlook.zero > MOSTLY_ZERO
        if not flagged and not comes:
            self._habits.well(self.profile, here)
        if value == 0 and outlook is not None and outlook.zero >= ZEROS and not flagged:
            return
        self._months.add(here.day, scaled - self._levels.slow(usual))
        if flagged and not wanted:
            self._hold(scaled, outlook, seen)
            return
        self._pending = []
        self._calibrate(scaled, usual, outlook)
        if flagged:
            self._welcome([scaled], [usual])
        shift = outlook.guesses[0].middle - self._levels.expected(usual) if outlook else 0.0
        self._levels.follow(scaled - (0.0 if flagged else shift), usual)
        if comes and not flagged:
            self._get_used(high=True)

    def _calibrate(self, scaled: float, usual: float, outlook: Outlook | None) -> None:
        if outlook is None:
            return
        guess = outlook.guesses[0]
        miss = scaled - guess.middle
        varies = guess.spread / self._spread.of(1.0)
        # What is nearly an alarm may be one that was missed; where it is common, it is no anomaly.
        suspect = outlook.surprise(outlook.scale.back(scaled)) > _SUSPECT * self.alarm
        if self._spread.count >= 2 * _FIRST and (not suspect or len(self._episodes) >= 2):
            self._tail.add(miss / guess.spread)
        self._spread.add(abs(miss) / varies)
        self._slow.add(abs(scaled - self._levels.slow(usual)) / varies)

    def _hold(self, scaled: float, outlook: Outlook | None, seen: Seen) -> None:
        """A point out of bounds: hold on to what was expected, for a while."""
        self._runs.odd = True
        here = self.memory.moment(-1)
        if not self._pending and outlook is not None and not self._habits.again(self.profile, here):
            self._episodes.append(self.memory.at(-1))
            self._doubt(scaled, outlook, seen)
        self._pending.append(len(self.memory) - 1)
        last = self._pending[-self.patience :]
        sides = {sum(self._apart(index)) > self._levels.slow(0.0) for index in last}
        stayed = len(last) == self.patience and len(sides) == 1
        if stayed or len(self._pending) >= 3 * self.patience:
            for index in last:
                self.memory.trains[index] = True
            parts = [self._apart(index) for index in last]
            self._welcome([a + b for a, b in parts], [-b for _, b in parts])
            self._pending = []
        if outlook is not None and seen.point >= self.alarm:
            self._get_used(high=scaled > outlook.guesses[0].middle)

    def _get_used(self, *, high: bool) -> None:
        """Learn the slots that have been odd for long enough, and forget what they were before."""
        index = len(self.memory) - 1
        at = self.memory.moment(index)
        habit = self._habits.odd(self.profile, at, index, high=high)
        if habit is None:
            return
        place, odd = habit
        if not any(self.memory.values[odd[0] :]):
            return  # nothing has come anywhere: that is an outage and no other rhythm
        for before in range(odd[0]):
            if place in places(self.profile, self.memory.moment(before)):
                self.memory.trains[before] = False
        for one in odd:
            self.memory.trains[one] = True
        self._pending = []
        self._runs.accept()
        self._refit(anew=True)

    def _doubt(self, scaled: float, outlook: Outlook, seen: Seen) -> None:
        """What the first point of an episode says of how rare deviations are."""
        guess = outlook.guesses[0]
        miss = (scaled - guess.middle) / guess.spread
        below, above = self._tail.limits(self.alarm)
        if self._often():
            self._tail.add(max(-2 * below, min(2 * above, miss)))
        elif -below <= miss <= above and seen.drifted:
            self._tail.retract(seen.length)

    def _often(self) -> bool:
        """So many alarms in a month make a series less sensitive."""
        now = self.memory.at(-1)
        while self._episodes and self._episodes[0] < now - 30 * DAY:
            self._episodes.popleft()
        return len(self._episodes) > _OFTEN * max(self.tuning.false_alarms, 1.0)

    def _apart(self, index: int) -> tuple[float, float]:
        """The scaled value of a point, and less its season."""
        assert self.scale is not None
        cell, _ = self._places(self.memory.moment(index))
        return self.scale.forward(self.memory.values[index]), -self.profile.usual[cell]

    def _welcome(self, scaled: Sequence[float], usual: Sequence[float]) -> None:
        """Take these for the new normal; the old one stays thinkable for a while."""
        self._other = self._levels.slow(0.0)
        self._other_until = len(self.memory) + 4 * self.patience
        self._levels.settle(scaled, usual)
        self._runs.accept()
        for window in self._windows:
            window.forget()

    # -- the fit ---------------------------------------------------------------------------------

    def _refit_when_due(self, here: Moment) -> None:
        count = len(self.memory)
        if count < 2 * _FIRST or count == self._fitted:
            return
        doubled = count >= 2 * self._fitted
        new_day = here.day != self._fitted_day
        # The longer a daily series is, the less a day more tells of its season.
        least = max(min(count // 14, 7), min(count // 60, 28))
        enough = self.profile.slots > 1 or count - self._fitted >= least
        if doubled or (new_day and enough):
            self._refit()
            self._fitted, self._fitted_day = count, here.day

    def _refit(self, *, anew: bool = False) -> None:
        step = self.memory.step()
        fine = clock.slots(step) if step < 3 * DAY else 1
        scale, fitted = self.memory.fit(fine, self.scale)
        young = self.memory.days < (28 if fine == 1 else 8)
        changed = scale != self.scale or fine != self.profile.slots
        before, self.profile = self.profile, fitted
        self.scale, self.step = scale, step
        if changed:
            self._habits.forget()
        if changed or young or anew:
            self._start_again(changed=changed)
        else:
            self._levels.rebase(self._moved(before))
        self._tail.refresh()
        for window in self._windows:
            window.refresh()

    def _moved(self, before: profile.Profile) -> float:
        """By how much the season is now greater, where the series was lately."""
        count = int(min(max(DAY / self.step, 7), len(self.memory)))
        places = [self._places(self.memory.moment(-1 - back))[0] for back in range(count)]
        return sum(self.profile.usual[p] - before.usual[p] for p in places) / count

    def _start_again(self, *, changed: bool) -> None:
        """Follow the last points anew, with the season that is known now."""
        assert self.scale is not None
        day = DAY / max(self.step, 1.0)
        span = int(min(max(2 * day, 40), 400))
        self._levels = Levels(day)
        self._spread, self._slow = Spread(span), Spread(span)
        self._other = None
        self._tail = Tail(in_spreads=True)
        if changed:
            lengths = {max(3, round(day / 48)), max(3, min(round(day / 8), 36)), max(7, round(day))}
            self._windows = tuple(Window(length) for length in sorted(lengths))
        for index in range(max(len(self.memory) - _AGAIN, 0), len(self.memory)):
            value = self.memory.values[index]
            if not self.memory.trains[index]:
                continue
            cell, hour = self._places(self.memory.moment(index))
            if value == 0 and self.profile.zeros[hour] >= ZEROS:
                continue
            usual, scaled = self.profile.usual[cell], self.scale.forward(value)
            if self._levels.count >= _FIRST:
                varies = self.profile.spread[hour]
                miss = scaled - self._levels.expected(usual)
                if self._levels.count >= max(len(self.memory) // 4, 2 * _FIRST):
                    self._tail.add(miss / self._spread.of(varies))
                self._spread.add(abs(miss) / varies)
                self._slow.add(abs(scaled - self._levels.slow(usual)) / varies)
            self._levels.follow(scaled, usual)
        # The season was fitted to these very points: the next ones will be farther from it. Of a
        # mean of n the ratio is the root of (1 + 1/n) / (1 - 1/n), which is about 1 + 1/n.
        wider = 1 + 1 / max(self.memory.days / 7, 1.0)
        self._spread.stretch(wider)
        self._slow.stretch(wider)
