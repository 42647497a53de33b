"""The scale on which a series is judged: counts multiply, and everything else adds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

_SMALL = 0.03
"""What is added before the logarithm, as a share of the usual value, so that the scale is the same
whatever the unit; below zero the scale goes on in a straight line."""

_FARTHEST, _GREATEST, _EXPONENT = 1e9, 1e300, 690.0
_SMALLEST = 1e-60
"""Beyond these nothing is told apart, and no arithmetic overflows."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Logarithmic where no value was ever below zero, else linear.

    `usual` is the median of the values that are not zero; on the linear scale, which is in units
    of it, how far from their middle the outer quarter of the values is.
    """

    logarithmic: bool = True
    usual: float = 1.0

    def forward(self, value: float) -> float:
        if not self.logarithmic:
            return min(max(value / self.usual, -_FARTHEST), _FARTHEST)
        small = _SMALL * self.usual
        if value < 0:
            return max(math.log(small) + value / small, -_FARTHEST)
        return math.log(value + small)

    def back(self, scaled: float) -> float:
        if not self.logarithmic:
            return min(max(scaled * self.usual, -_GREATEST), _GREATEST)
        return math.exp(min(scaled, _EXPONENT)) - _SMALL * self.usual

    def forward_all(self, values: "Floats") -> "Floats":
        import numpy as np

        # What overflows is farther away than anything that is told apart.
        with np.errstate(over="ignore"):
            if not self.logarithmic:
                return np.clip(values / self.usual, -_FARTHEST, _FARTHEST)
            small = _SMALL * self.usual
            scaled = np.log(np.maximum(values, 0.0) + small) + np.minimum(values, 0.0) / small
        return np.maximum(scaled, -_FARTHEST)

    def allowance(self, expected: float, floor: float) -> float:
        """How far from what is expected a value may always be."""
        return floor * (abs(expected) if self.logarithmic else 2 * self.usual)


def scale_of(values: "Sequence[float] | Floats") -> Scale:
    """The scale of a series with these values; they are finite."""
    import numpy as np

    every = np.asarray(values, np.float64)
    if not len(every) or not every.any():
        return Scale()
    if every.min() < 0:
        middle = float(np.median(every))
        spread = float(np.percentile(np.abs(every - middle), 75))
        usual = spread or float(np.abs(every - middle).max()) or abs(middle)
        return Scale(False, max(usual, _SMALLEST))
    return Scale(True, max(float(np.median(every[every > 0])), _SMALLEST))
