"""A time limit that stands still while work waits for its turn.

Many tables share a few worker processes. If waiting for one counted, a busy cycle would give up
readings that had not even begun, and the next cycle would do the same to them again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Raise TimeoutError after so many seconds of the block, those of waiting `Turn`s not counted.

    The value tells by `expired()` whether a TimeoutError was this one.
    """
    async with asyncio.timeout(seconds) as timer:
        limit = _Limit(timer)
        token = _current.set(limit)
        try:
            yield timer
        finally:
            limit.over = True
            _current.reset(token)


class Turn:
    """Work that waits for its turn: from now on the limit around it stands still, until `come`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = _current.get()
        self._waiting = True
        if self._limit is not None:
            self._limit.pause()

    def come(self) -> None:
        """The work begins, or is given up; from the thread of the event loop."""
        if self._waiting:
            self._waiting = False
            if self._limit is not None:
                self._limit.resume()

    def come_from_thread(self) -> None:
        """The same from any other thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self.come)


@dataclass(slots=True)
class _Limit:
    """A running limit; it stands still while at least one turn is waited for."""

    timer: asyncio.Timeout
    waiting: int = 0
    left: float | None = None
    over: bool = False

    def pause(self) -> None:
        self.waiting += 1
        when = self.timer.when()
        if when is not None and not self.over:
            self.left = when - asyncio.get_running_loop().time()
            self.timer.reschedule(None)

    def resume(self) -> None:
        self.waiting -= 1
        if not self.waiting and not self.over and self.left is not None:
            self.timer.reschedule(asyncio.get_running_loop().time() + self.left)


_current: ContextVar[_Limit | None] = ContextVar("time_limit", default=None)
