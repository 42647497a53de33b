"""How rare a deviation is, from the deviations that the same series has shown before.

Between its own quantiles a tail is read off; beyond them it goes on as a Weibull tail,
-log P(U > u) = h (u / q)^b, which holds the normal (b near 2), the exponential (1) and heavier
ones.
"""

import math
from array import array
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

_SHARES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.998)
_SURPRISES = tuple(-math.log(1 - share) for share in _SHARES)
_FARTHEST = 100.0
_BEYOND = 5
_OWN = 60
_MANY = 800
_MISSED = 0.7
_DOUBTED, _COMMON = 150, 1.4
"""An exponent is drawn to a common one, as if that had been seen in so many deviations."""
_USUAL = tuple(surprise ** (1 / _COMMON) / math.gamma(1 + 1 / _COMMON) for surprise in _SURPRISES)
_DRAWN = 20.0
"""Quantiles in units of the mean size are drawn to the common ones, as if seen in so many."""
_LIGHTEST, _HEAVIEST = 1.7, 0.4
_RARE, _REACH = 10.0, 2.0
"""What surprises so much is at most so many times as far away as the greatest of many."""


@dataclass(frozen=True, slots=True)
class _Side:
    """Quantiles in rising order, the surprise at each, and the exponent beyond the last."""

    sizes: tuple[float, ...] = (0.7, 2.5)
    surprises: tuple[float, ...] = (_SURPRISES[0], _SURPRISES[2])
    exponent: float = 1.25

    def surprise(self, size: float) -> float:
        at = bisect_right(self.sizes, size)
        if at == len(self.sizes):
            return self.surprises[-1] * float((size / self.sizes[-1]) ** self.exponent)
        low = self.sizes[at - 1] if at else 0.0
        below = self.surprises[at - 1] if at else 0.0
        share = (size - low) / (self.sizes[at] - low)
        return below + share * (self.surprises[at] - below)

    def size(self, surprise: float) -> float:
        """The inverse: how great a deviation is that surprises so much."""
        at = bisect_right(self.surprises, surprise)
        if at == len(self.surprises):
            ratio = surprise / self.surprises[-1]
            return float(self.sizes[-1] * ratio ** (1 / self.exponent))
        low = self.sizes[at - 1] if at else 0.0
        below = self.surprises[at - 1] if at else 0.0
        share = (surprise - below) / (self.surprises[at] - below)
        return low + share * (self.sizes[at] - low)


class Tail:
    """Signed deviations, as many as are remembered."""

    def __init__(self, together: int = 1, memory: int = 6000, *, in_spreads: bool = False) -> None:
        """`together` neighbours are so alike that they tell as much as one; those `in_spreads`
        are in units of their own running mean size."""
        self.together = together
        self._drawn = _DRAWN if in_spreads else 0.0
        self._seen = array("d")
        self._memory = memory
        self._high = self._low = _Side()

    def __len__(self) -> int:
        return len(self._seen) // self.together

    def add(self, deviation: float) -> None:
        self._seen.append(max(-_FARTHEST, min(_FARTHEST, deviation)))

    def retract(self, count: int) -> None:
        """The last ones turned out to be part of an anomaly."""
        del self._seen[max(len(self._seen) - count, 0) :]

    def refresh(self) -> None:
        """Take what was added into account."""
        import numpy as np

        if len(self._seen) > self._memory:
            self._seen = self._seen[-self._memory :]
        every = np.array(self._seen)
        both = np.abs(every)
        whole = _fitted(both, len(both) // self.together, self._drawn)
        self._high = self._side(every[every >= 0], whole)
        self._low = self._side(-every[every < 0], whole)

    def _side(self, own: "Floats", whole: _Side) -> _Side:
        count = len(own) // self.together
        if count < _OWN:
            return whole
        side = _fitted(own, count, self._drawn)
        return side if count > _MANY else replace(side, exponent=whole.exponent)

    def surprise(self, deviation: float) -> float:
        """-log of the probability of a deviation as great as this on its side of zero."""
        return (self._high if deviation >= 0 else self._low).surprise(abs(deviation))

    def limits(self, surprise: float) -> tuple[float, float]:
        """The deviations below and above zero that surprise so much, both as sizes."""
        return self._low.size(surprise), self._high.size(surprise)


def _fitted(sizes: "Floats", count: int, drawn: float) -> _Side:
    """The tail of some sizes that tell as much as `count` independent ones, drawn to the common
    tail as if that had been seen in `drawn` more."""
    import numpy as np

    if count < 12:
        return _Side()
    # A quantile is believed when several deviations lie beyond it.
    known = [i for i, share in enumerate(_SHARES) if i < 2 or (1 - share) * count >= _BEYOND]
    quantiles = np.percentile(sizes, [100 * _SHARES[i] for i in known]).tolist()
    own = count / (count + drawn)
    quantiles = [own * q + (1 - own) * _USUAL[i] for q, i in zip(quantiles, known, strict=True)]
    least = max(quantiles[-1] * 1e-3, 1e-9)
    points: list[float] = []
    for quantile in quantiles:
        points.append(max(quantile, least, points[-1] * 1.02 if points else 0.0))
    surprises = [_SURPRISES[i] for i in known]
    # Few deviations may have missed the greatest: their quantiles are stretched.
    points = [point * (1 + _MISSED / math.sqrt(count)) for point in points]
    steeps = [_exponent(points, surprises, first) for first in range(min(2, len(points) - 1))]
    exponent = sum(steeps) / 2
    if count > _MANY:
        exponent = min(*steeps, _exponent(points, surprises, len(points) - 3))
    weight = count / (count + _DOUBTED)
    exponent = weight * exponent + (1 - weight) * _COMMON
    # As far out as alarms are, a tail like the normal one is steeper yet, by this much, and one
    # that is heavier than an exponential one is flatter.
    bend = min(max((exponent - 1) / 0.4, 0.0), 1.0) * 0.15 - min(max(1 - exponent, 0.0), 0.4)
    exponent *= 1 + bend
    if count > _MANY:
        # Among so many, what is rare is not much farther away than the greatest one.
        reach = max(_REACH * float(sizes.max()) / points[-1], _REACH)
        exponent = max(exponent, math.log(_RARE / surprises[-1]) / math.log(reach))
    return _Side(tuple(points), tuple(surprises), exponent)


def _exponent(sizes: list[float], surprises: list[float], first: int) -> float:
    rise = math.log(surprises[-1] / surprises[first])
    raw = rise / math.log(sizes[-1] / sizes[first])
    return min(max(raw, _HEAVIEST), _LIGHTEST)
