"""Values that stay the same: how surprising that is for a series that usually changes."""

import math

_MEMORY = 4000
_LEAST = 3
_CHANGES = 8


class Runs:
    """The run of equal values that is under way, against all runs before."""

    def __init__(self) -> None:
        self._value: float | None = None
        self.length = 0
        self._surprise = 0.0
        self._pairs = self._equal = 0.0
        self._longest = {True: 0, False: 0}
        self.odd = False
        """The run under way was flagged: it will not count among those that are usual."""

    def add(self, value: float, odds_of_zero: float) -> float:
        """The surprise of the run up to this value; 0 where it is nothing special."""
        if value != self._value:
            self._end()
            if self._value is not None:
                self._pairs = self._pairs * (1 - 1 / _MEMORY) + 1
            self._value, self.length, self._surprise = value, 1, 0.0
            return 0.0
        self.length += 1
        here = self.length - 1
        odds = (self._equal + here + 1) / (self._pairs + here + 2)
        odds = max(odds, odds_of_zero if value == 0 else 0.0)
        self._surprise += -math.log(min(odds, 1.0))
        if self.length < _LEAST or self._pairs - self._equal < _CHANGES:
            return 0.0
        beyond = self.length / (1.5 * self._longest[value == 0] + 2)
        return self._surprise * min(beyond**2, 1.0)

    def accept(self) -> None:
        """The run that is under way is taken for normal."""
        zero = self._value == 0
        self._longest[zero] = max(self._longest[zero], self.length)
        self._surprise, self.odd = 0.0, False

    def _end(self) -> None:
        if self.odd:
            self.odd = False
            return
        if self.length > 1:
            repeats = self.length - 1
            keep = max(1 - repeats / _MEMORY, 0.0)
            self._pairs = self._pairs * keep + repeats
            self._equal = self._equal * keep + repeats
        if self._value is not None:
            self.accept()
