"""What a point may be, before it is seen."""

import math
from dataclasses import dataclass

from checks.volume import counts
from checks.volume.scale import Scale
from checks.volume.tail import Tail

ZEROS = 0.03
"""From these odds on, a zero is one of the things that happen in this hour."""
MOSTLY_ZERO = 0.5


@dataclass(frozen=True, slots=True)
class Guess:
    """A value on the scale, and how far from it is nothing special."""

    middle: float
    spread: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a point may be. The first guess is the one that is told; any of them will do."""

    guesses: tuple[Guess, ...]
    scale: Scale
    tail: Tail
    zero: float
    signed: bool
    whole: bool

    @property
    def usual(self) -> float:
        """What is expected unless there is nothing at all; as a value."""
        told = self.scale.back(self.guesses[0].middle)
        return told if self.signed else max(told, 0.0)

    @property
    def expected(self) -> float:
        return 0.0 if self.zero > MOSTLY_ZERO else self.usual

    @property
    def by_chance(self) -> bool:
        """Chance alone makes counts this small scatter."""
        return self.whole and not self.signed and 0 < self.usual < counts.MANY

    def surprise(self, value: float) -> float:
        """-log of the odds of a value as far out as this."""
        if value == 0 and self.zero >= ZEROS:
            return -math.log(self.zero)
        scaled = self.scale.forward(value)
        least = math.inf
        for guess in self.guesses:
            least = min(least, self.tail.surprise((scaled - guess.middle) / guess.spread))
        if self.by_chance:
            least = min(least, counts.surprise(value, self.usual))
        if self.zero > MOSTLY_ZERO:
            if value < self.usual:
                least = 0.0
            least -= math.log(max(1 - self.zero, 1e-3))
        return least

    def bounds(self, alarm: float, floor: float) -> tuple[float, float]:
        """The least and the greatest value that surprise less than `alarm`, or that differ by no
        more than the `floor` from what is expected."""
        lows, highs = [self.expected], [self.expected]
        below, above = self.tail.limits(alarm)
        if self.zero > MOSTLY_ZERO:
            lows.append(0.0)
            rest = alarm + math.log(max(1 - self.zero, 1e-3))
            above = self.tail.limits(max(rest, 0.7))[1]
        for guess in self.guesses:
            middle = self.scale.back(guess.middle)
            allowed = self.scale.allowance(middle, floor)
            if self.zero <= MOSTLY_ZERO:
                lows += [self.scale.back(guess.middle - below * guess.spread), middle - allowed]
            highs += [self.scale.back(guess.middle + above * guess.spread), middle + allowed]
        if self.by_chance:
            least, most = counts.bounds(self.usual, alarm)
            lows, highs = [*lows, least], [*highs, most]
        if self.zero >= ZEROS:
            lows.append(0.0)
        lower = min(lows)
        return (lower if self.signed else max(lower, 0.0)), max(highs)
