"""Keep the store small while the service runs: prune at the start, and then once a day.

What is kept how long is in the settings (`store.retention`, `store.metrics`); how it is let go of
is the store's matter. Any number of services may do this on one store.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import chain
from threading import Event

import structlog

from checks import metrics as check_metrics
from limnograph import self_metrics
from limnograph.settings import Settings
from limnograph.store import Keep, Policy, Store
from monitors.errors import LimnographError

log = structlog.get_logger()

EVERY = 86_400.0  # seconds from one pruning to the next
AFTER_FAILURE = 900.0  # seconds until one that failed is tried again


def policy(settings: Settings) -> Policy:
    """What the settings keep, with the roll-up that each gauge declares."""
    usual, exceptions = settings.store.retention, settings.store.metrics
    ours = (metric for monitor in settings.monitors.values() for metric in monitor.metrics)
    keeps = {}
    for metric in chain(ours, check_metrics.STORED, self_metrics.ALL):
        if metric.kind == "gauge":
            own = exceptions.get(metric.name)
            keeps[metric.name] = Keep(
                (own and own.points) or usual.points,
                (own and own.hourly) or usual.hourly,
                (own and own.daily) or usual.daily,
                metric.rollup,
            )
    return Policy(
        Keep(usual.points, usual.hourly, usual.daily),
        keeps,
        usual.facts,
        usual.definitions,
        usual.events,
        usual.verdicts,
        usual.incidents,
    )


async def prune_daily(
    store: Store, kept: Callable[[], Policy], clock: Callable[[], datetime], stop: asyncio.Event
) -> None:
    """Prune now and every day until `stop` is set; a failure is told in the log and tried again.

    `kept` gives the policy as the settings are at that time.
    Cancelled or stopped, it ends after the short transaction that is under way.
    """
    ending = Event()
    try:
        while not stop.is_set():
            pause = await _turn(store, kept(), clock(), stop, ending)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
    finally:
        ending.set()


async def _turn(
    store: Store, kept: Policy, now: datetime, stop: asyncio.Event, ending: Event
) -> float:
    """Prune once; the seconds until the next time."""

    def stopped() -> bool:
        return stop.is_set() or ending.is_set()

    def prune() -> dict[str, int]:
        return store.prune(kept, now, stopped=stopped)

    try:
        removed = await asyncio.to_thread(prune)
    except LimnographError as error:
        log.error("pruning failed", reason=error.reason, mend=error.mend)
        return AFTER_FAILURE
    except Exception:
        log.exception("pruning failed")
        return AFTER_FAILURE
    if removed:
        log.info("store pruned", **removed)
    return EVERY
