"""Hand over what is to be told: out of the store's outbox, to the channels.

Of one incident messages reach a channel in their order; those of several incidents go at the same
time, at the channel's pace. What fails is tried again ever more rarely, or when the receiver says;
what it refuses for good, or for too long, is given up, kept and told in the log as an error.

A message is noted as delivered after the receiver took it: a process that is killed in between
repeats it, with the same event id. One that is cancelled ends first what is on its way.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from limnograph.handing_over import Delivered, Means, Round, Send, all_of
from limnograph.pacing import Terms
from limnograph.store import Store
from monitors.errors import LimnographError

T = TypeVar("T")
Clock = Callable[[], datetime]

log = structlog.get_logger()

EVERY = 2.0  # seconds between two looks into the outbox
LIMIT = 120.0  # seconds after which one look begins nothing new
GRACE = 10.0  # seconds for what is on its way when this is cancelled
_LOST = "the channel is not in the configuration"


async def deliver_due(
    store: Store,
    channels: Mapping[str, Send],
    clock: Clock,
    *,
    terms: Terms | None = None,
    limit: float = LIMIT,
) -> Delivered:
    """Hand over all that is due, for about `limit` seconds at most; StoreError without the store.

    Any number of processes may do so at once.
    """
    return await Courier(Means(store, clock, terms or Terms())).deliver(channels, limit)


async def keep_delivering(
    store: Store,
    channels_now: Callable[[], Mapping[str, Send]],
    clock: Clock,
    stop: asyncio.Event,
    every: float = EVERY,
    *,
    refreshes: Callable[[], Mapping[str, float]] = dict,
    terms: Terms | None = None,
) -> None:
    """Hand over what is due every so many seconds until `stop` is set; failures are logged.

    `refreshes` gives the seconds after which a channel wants open incidents to be told again.
    """
    courier, told = Courier(Means(store, clock, terms or Terms())), ""
    while not stop.is_set():
        try:
            channels = channels_now()
            await courier.deliver(channels)
            await courier.refresh(channels, refreshes())
            told = ""
        except Exception as error:
            # Whatever fails, what waits must not wait for ever; it is said once.
            if told != repr(error):
                _complain(error)
            told = repr(error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)


def _complain(error: Exception) -> None:
    if isinstance(error, LimnographError):
        log.error("messages wait", reason=error.reason, mend=error.mend)
    else:
        log.error("messages wait", exc_info=error)


class Courier:
    """Hands over the messages of one store; it keeps the pace of its channels between calls."""

    def __init__(self, means: Means, grace: float = GRACE) -> None:
        self._means, self._grace = means, grace
        self._refreshed: dict[str, float] = {}

    async def deliver(self, channels: Mapping[str, Send], limit: float = LIMIT) -> Delivered:
        """Hand over all that is due; nothing new is begun after `limit` seconds."""
        return await self._whole(self._deliver(channels, self._means.monotonic() + limit))

    async def refresh(self, channels: Mapping[str, Send], every: Mapping[str, float]) -> Delivered:
        """Tell again what is open, to the channels that want so after these seconds."""
        return await self._whole(self._refresh(channels, every))

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """What is on its way when this is cancelled comes to its end, for a while."""
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._means.stopping = True
            await asyncio.wait({task}, timeout=self._grace)
            task.cancel()
            with suppress(asyncio.CancelledError, LimnographError):
                await task
            raise

    async def _deliver(self, channels: Mapping[str, Send], until: float) -> Delivered:
        means, made = self._means, Delivered()
        due = await means.do(means.store.waiting_channels, means.clock())
        rounds = [Round(means, name, channels[name], made) for name in sorted(due & {*channels})]
        await all_of([one.deliver(until) for one in rounds])
        if due - {*channels}:
            await self._bury(channels, made)
        made.waiting = await means.do(means.store.waiting)
        return made

    async def _refresh(self, channels: Mapping[str, Send], every: Mapping[str, float]) -> Delivered:
        means, made, works = self._means, Delivered(), []
        now = means.monotonic()
        for name in sorted({*channels} & {*every}):
            # Looking costs a transaction; a quarter of the time is soon enough.
            if now >= self._refreshed.get(name, float("-inf")) + every[name] / 4:
                self._refreshed[name] = now
                round_ = Round(means, name, channels[name], made)
                works.append(round_.refresh(timedelta(seconds=every[name])))
        await all_of(works)
        return made

    async def _bury(self, channels: Mapping[str, Send], made: Delivered) -> None:
        """Give up what has waited for too long for channels that nobody declares."""
        means, now = self._means, self._means.clock()
        before = now - means.terms.patience
        for name in await means.do(means.store.bury, {*channels}, before, now, _LOST):
            made.dead += 1
            log.error("message given up", channel=name, reason=_LOST)
