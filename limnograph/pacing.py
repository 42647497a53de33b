"""How fast, how often and how long: the manners of handing messages over. Pure but for pauses."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0  # seconds
_LONGEST_ASKED = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class Terms:
    """How messages are handed over to one channel.

    `rate` is in messages a second, of which `burst` may go at once, and `together` are on their way
    at the same time. `timeout` of one is in seconds. It is given up after so many `attempts`, or
    when the first one is longer ago than `patience`. A channel that fails so often one after the
    other as `failures` gets a `rest`. `batch` rows are taken at once, under a `lease` that is
    longer than they take.
    """

    rate: float = 1.0
    burst: int = 3
    together: int = 4
    timeout: float = 60.0
    attempts: int = 50
    patience: timedelta = timedelta(hours=24)
    failures: int = 3
    rest: timedelta = timedelta(seconds=30)
    batch: int = 16
    lease: timedelta = timedelta(minutes=10)


def backoff(attempts: int, chance: random.Random) -> float:
    """Seconds until the next try after so many failed ones: twice as long each time, up to an hour.

    A quarter more or less, so that what failed together is not tried together.
    """
    wait = FIRST_WAIT * 2.0 ** min(attempts, 20)
    return min(LONGEST_WAIT, wait * chance.uniform(0.75, 1.25))


def asked(error: Exception) -> float:
    """The seconds that a receiver asked for, of a day at most; 0 if it did not.

    >>> from exporters.core import DeliveryError
    >>> asked(DeliveryError("busy", retry_after=7.0)), asked(ValueError("no"))
    (7.0, 0.0)
    """
    seconds = getattr(error, "retry_after", None) or 0.0
    return min(seconds, _LONGEST_ASKED) if seconds > 0 else 0.0


@dataclass(slots=True)
class Pace:
    """Lets through so many a second: a bucket that holds `burst` and fills again by itself."""

    rate: float
    burst: int
    monotonic: Callable[[], float]
    pause: Callable[[float], Awaitable[None]]
    _full_at: float = float("-inf")
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def turn(self) -> None:
        """Wait until the next one may go."""
        async with self._turn:
            now = self.monotonic()
            wait = self._full_at - now - (self.burst - 1) / self.rate
            if wait > 0:
                await self.pause(wait)
                now += wait
            self._full_at = max(self._full_at, now) + 1 / self.rate
