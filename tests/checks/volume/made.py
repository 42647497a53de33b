"""Series made for the tests of the detector: seeded, so that each is always the same."""

import math
import random
from datetime import UTC, datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEKDAYS = (1.0, 1.05, 1.1, 1.05, 1.0, 0.35, 0.3)


def times(count: int, step: timedelta = DAY, start: datetime = MONDAY) -> list[datetime]:
    return [start + n * step for n in range(count)]


def noise(count: int, size: float, seed: int = 1) -> list[float]:
    """Factors around 1."""
    chance = random.Random(seed)
    return [math.exp(chance.gauss(0, size)) for _ in range(count)]


def weekly(count: int, size: float = 0.06, seed: int = 1) -> list[float]:
    """Daily counts around 100,000 with a weekday rhythm."""
    factors = noise(count, size, seed)
    return [float(round(1e5 * WEEKDAYS[n % 7] * factor)) for n, factor in enumerate(factors)]


def weekdays_only(count: int, size: float = 0.1, seed: int = 1) -> list[float]:
    """Daily counts around 100,000, nothing on weekends."""
    factors = noise(count, size, seed)
    return [float(round(1e5 * factor)) if n % 7 < 5 else 0.0 for n, factor in enumerate(factors)]


def hourly(count: int, size: float = 0.08, seed: int = 1) -> list[float]:
    """Hourly counts around 5,000 with a rhythm of the day and of the week."""
    factors = noise(count, size, seed)
    return [
        float(
            round(
                (5000 * (1 + 0.8 * math.sin((n % 24 - 8) / 24 * 2 * math.pi)) + 100)
                * (0.5 if n // 24 % 7 >= 5 else 1)
                * factor
            )
        )
        for n, factor in enumerate(factors)
    ]
