"""Days of a month or a fortnight on which a series leaves its week, on strong evidence only."""

import statistics
from collections import defaultdict, deque
from dataclasses import dataclass

from checks.volume.clock import marks

_OCCASIONS = 6
_SURE = 3
_LEAST = 0.18
_MEMORY = 120
_STANDS_OUT = 3.5


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a day leaves the rhythm, on the scale; `sure` when it did so at least three times."""

    shift: float
    sure: bool


class Months:
    """What was left of each day after its level and its rhythm."""

    def __init__(self) -> None:
        self._day: int | None = None
        self._left: list[float] = []
        self._days: deque[float] = deque(maxlen=_MEMORY)
        self._by_mark: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_OCCASIONS))

    def add(self, day: int, left: float) -> None:
        """One point of a day; days come in order."""
        if day != self._day:
            self._close()
            self._day = day
        self._left.append(left)

    def _close(self) -> None:
        if self._day is None or not self._left:
            return
        middle = statistics.median(self._left)
        self._left = []
        self._days.append(middle)
        for mark in marks(self._day):
            self._by_mark[mark].append(middle)

    def effect(self, day: int) -> Effect | None:
        """What is expected of a day that has not been added yet."""
        if day != self._day:
            self._close()
        if len(self._days) < 40:
            return None
        spread = 1.4826 * statistics.median(abs(left) for left in self._days)
        least = max(_STANDS_OUT * spread, _LEAST)
        best: Effect | None = None
        weight = 0.0
        for mark in marks(day):
            seen = self._by_mark.get(mark, ())
            smallest = min((abs(left) for left in seen), default=0.0)
            one_way = len({left > 0 for left in seen}) == 1
            if len(seen) >= 2 and one_way and smallest > max(least, weight):
                best, weight = Effect(statistics.median(seen), len(seen) >= _SURE), smallest
        return best
