"""One channel in one look into the outbox: what is due to it is taken, handed over, and noted."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar, TypeVarTuple

import structlog

from exporters.core import Delivery, DeliveryError, Message
from limnograph.pacing import Pace, Terms, asked, backoff
from limnograph.store import OutboxRow, Store, TransientStoreError
from monitors.errors import LimnographError

Send = Callable[[Message, Mapping[str, str]], Awaitable[Delivery]]
"""`send(message, receipt)`; raises DeliveryError, and SecretError for a missing secret."""

T = TypeVar("T")
Args = TypeVarTuple("Args")

log = structlog.get_logger()

_PAUSES = (0.1, 0.5, 2.0, 5.0)  # seconds between tries to note what happened


@dataclass(slots=True)
class Delivered:
    """What came of one look into the outbox; `waiting` is what is left in it, due or not."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0
    waiting: int = 0

    @property
    def undelivered(self) -> int:
        """Messages that somebody should have got and has not."""
        return self.waiting + self.dead


@dataclass(slots=True)
class Means:
    """What handing over takes; when it is `stopping`, nothing new is begun."""

    store: Store
    clock: Callable[[], datetime]
    terms: Terms = field(default_factory=Terms)
    chance: random.Random = field(default_factory=random.Random)
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    stopping: bool = False
    paces: dict[str, Pace] = field(default_factory=dict)

    def pace(self, channel: str) -> Pace:
        """The pace of a channel, the same from look to look."""
        if channel not in self.paces:
            terms = self.terms
            self.paces[channel] = Pace(terms.rate, terms.burst, self.monotonic, self.pause)
        return self.paces[channel]

    async def do(self, function: Callable[[*Args], T], *args: *Args) -> T:
        """Call the store in a thread; what fails for the moment is tried some times."""
        for pause in _PAUSES:
            try:
                return await asyncio.to_thread(function, *args)
            except TransientStoreError:
                await self.pause(pause)
        return await asyncio.to_thread(function, *args)


@dataclass(slots=True)
class Round:
    """One channel in one look; what came of it is added to `made`."""

    means: Means
    name: str
    send: Send
    made: Delivered
    failures: int = 0
    resting: bool = False

    async def deliver(self, until: float) -> None:
        """Hand over what is due; nothing new after a time of the monotonic clock."""
        means, terms = self.means, self.means.terms
        while not self._ended and means.monotonic() < until:
            rows = await means.do(
                means.store.claim, means.clock(), terms.lease, terms.batch, [self.name]
            )
            if not rows:
                return
            await self._hand_over(rows)

    async def refresh(self, every: timedelta) -> None:
        """Tell again what this channel wants to hear again."""
        means, terms = self.means, self.means.terms
        while not self._ended:
            rows = await means.do(
                means.store.refreshable, self.name, every, means.clock(), terms.lease, terms.batch
            )
            if not rows:
                return
            await self._hand_over(rows)

    @property
    def _ended(self) -> bool:
        return self.resting or self.means.stopping

    async def _hand_over(self, rows: Sequence[OutboxRow]) -> None:
        room = asyncio.Semaphore(self.means.terms.together)
        untried: list[OutboxRow] = []

        async def one(row: OutboxRow) -> None:
            async with room:
                if not self._ended:
                    await self.means.pace(self.name).turn()
                # While it waited, another one may have found that the channel is out of order.
                if self._ended:
                    untried.append(row)
                else:
                    await self._try(row)

        try:
            await all_of([one(row) for row in rows])
        finally:
            await self.means.do(self.means.store.release, untried)

    async def _try(self, row: OutboxRow) -> None:
        means = self.means
        taken = await self._taken(row)
        if isinstance(taken, LimnographError):
            await self._failed(row, taken)
            return
        self.failures = 0
        if await means.do(means.store.delivered, row.id, taken.receipt, means.clock(), row.lease):
            self.made.delivered += 1

    async def _taken(self, row: OutboxRow) -> Delivery | LimnographError:
        seconds = self.means.terms.timeout
        try:
            async with asyncio.timeout(seconds):
                return await self.send(row.message, row.receipt)
        except LimnographError as error:
            return error
        except TimeoutError:
            return DeliveryError(f"no answer after {seconds:g} s", "see whether it can be reached")
        except Exception as error:
            # Its text may hold a URL with a secret in it.
            return DeliveryError(f"failed with {type(error).__name__}")

    async def _failed(self, row: OutboxRow, error: LimnographError) -> None:
        means, now = self.means, self.means.clock()
        next_at = self._next_at(row, error, now)
        noted = await means.do(means.store.failed, row.id, str(error), next_at, now, row.lease)
        if noted:
            self._tell(row, error, next_at)
        if not _permanent(error):
            await self._rest(error, now)

    def _tell(self, row: OutboxRow, error: LimnographError, next_at: datetime | None) -> None:
        told = {
            "channel": self.name,
            "incident": row.message.incident,
            "event_id": row.message.event_id,
            "reason": error.reason,
            "mend": error.mend,
        }
        if next_at is None and row.state == "waiting":
            self.made.dead += 1
            log.error("message given up", **told)
        else:
            self.made.retried += 1
            log.warning("message not taken", **told)

    def _next_at(self, row: OutboxRow, error: LimnographError, now: datetime) -> datetime | None:
        terms = self.means.terms
        late = now - (row.first_at or now) >= terms.patience
        if _permanent(error) or late or row.attempts + 1 >= terms.attempts:
            return None
        wait = max(backoff(row.attempts, self.means.chance), asked(error))
        return now + timedelta(seconds=wait)

    async def _rest(self, error: LimnographError, now: datetime) -> None:
        """Leave a channel alone that asks for it, or fails again and again."""
        self.failures += 1
        rest = timedelta(seconds=asked(error))
        if not rest and self.failures >= self.means.terms.failures:
            rest = self.means.terms.rest
        if rest:
            self.resting = True
            await self.means.do(self.means.store.postpone, self.name, now + rest)


def _permanent(error: LimnographError) -> bool:
    return isinstance(error, DeliveryError) and error.permanent


async def all_of(works: Sequence[Awaitable[None]]) -> None:
    """Do all of them to their ends, and only then raise what the first that failed raised."""
    for ended in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended
