"""Small whole numbers: they scatter by chance alone, however steady what makes them is."""

import math
from functools import lru_cache

MANY = 200.0
"""From so many on, chance alone is not worth a thought."""


def surprise(value: float, mean: float) -> float:
    """-log of the odds of a count as far as `value` on its side of a Poisson mean above 0."""
    if value > 3 * MANY:
        return math.inf
    return -math.log(max(_beyond(int(value), mean), 1e-300))


def bounds(mean: float, least: float) -> tuple[float, float]:
    """The least and the greatest count that surprise less than `least`, about."""
    return _bounds(float(f"{mean:.3g}"), round(least, 2))


@lru_cache(maxsize=8192)
def _bounds(mean: float, least: float) -> tuple[float, float]:
    rare = math.exp(-least)
    term, low = math.exp(-mean), 0
    total = term
    while total <= rare:
        low += 1
        term *= mean / low
        total += term
    high = math.ceil(mean)
    step = math.ceil(MANY)
    while step:
        if _beyond(high + step, mean) > rare:
            high += step
        else:
            step //= 2
    return float(low), float(high)


def _beyond(value: int, mean: float) -> float:
    if value <= mean:
        term = total = math.exp(-mean)
        for number in range(1, value + 1):
            term *= mean / number
            total += term
        return min(total, 1.0)
    term = math.exp(value * math.log(mean) - mean - math.lgamma(value + 1))
    total, number = term, value
    while term > total * 1e-9:
        number += 1
        term *= mean / number
        total += term
    return min(total, 1.0)
