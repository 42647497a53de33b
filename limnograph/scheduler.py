"""The service's clock: starts a cycle whenever something is due, one cycle after the other.

What is due follows from the settings and from the outcomes in the store, so nothing is lost by a
restart, and of two services on one store the second leaves out what the first has just read.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from limnograph.cycle import Due
from limnograph.due import is_due, next_time
from limnograph.settings.resolved import TableSettings
from limnograph.settings.schedules import Schedule
from monitors.core import Monitor
from monitors.errors import LimnographError

log = structlog.get_logger()

PAUSE = 1.0  # seconds between two cycles, so that tables due at almost the same time share one
AFTER_FAILURE = 30.0  # seconds until a failed cycle is tried again
LONGEST_SLEEP = 60.0  # seconds; the roster may have changed, and clocks are set
GRACE = 20.0  # seconds that a cycle under way gets to end when the service stops

LastRuns = Mapping[tuple[str, str], datetime]
"""When each monitor last read each table, by subject id and monitor; none if it never did."""


def everything(tables: Sequence[TableSettings], monitors: Sequence[Monitor]) -> list[Due]:
    """Every table with each of its monitors, in the order of the monitors, and its checks."""
    dues = (
        Due(table, tuple(m for m in monitors if m.name in table.monitors), table.checks)
        for table in tables
    )
    return [due for due in dues if due.monitors]


def due_at(due: Sequence[Due], last_runs: LastRuns, now: datetime) -> list[Due]:
    """What of these tables, monitors and checks is to be read and judged at `now`."""
    found = []
    for item in due:
        wanted = partial(_wanted, item, last_runs, now)
        schedule = item.table.schedule
        monitors = tuple(m for m in item.monitors if wanted(m.name, schedule))
        checks = tuple(c for c in item.checks if wanted(c.monitor, c.schedule or schedule))
        if monitors or checks:
            found.append(Due(item.table, monitors, checks))
    return found


def _wanted(item: Due, last_runs: LastRuns, now: datetime, name: str, schedule: Schedule) -> bool:
    """Whether a monitor or a check of a table is due."""
    table, last = item.table, last_runs.get((item.subject.id, name))
    return is_due(schedule, table.time_zone, table.name, last, now)


def wake_up(due: Sequence[Due], now: datetime) -> datetime:
    """When to look again: the next time of any schedule, or after the longest sleep."""
    times = (
        next_time(schedule, item.table.time_zone, item.table.name, now)
        for item in due
        for schedule in {item.table.schedule, *(c.schedule for c in item.checks if c.schedule)}
    )
    return min(times, default=now + timedelta(seconds=LONGEST_SLEEP))


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Runs cycles until told to stop.

    `roster` gives every table with its monitors, as they are now; `last_runs` what the store knows;
    `cycle` runs what is due. A cycle that raises is told in the log, and the next one is tried.
    `pause` and `grace` are in seconds. Whoever changes the roster sets `changed`.
    """

    roster: Callable[[], Awaitable[Sequence[Due]]]
    last_runs: Callable[[], Awaitable[LastRuns]]
    cycle: Callable[[Sequence[Due]], Coroutine[Any, Any, object]]
    clock: Callable[[], datetime]
    pause: float = PAUSE
    grace: float = GRACE
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, stop: asyncio.Event) -> None:
        """Run cycles until `stop` is set; one that is under way then gets a while to end."""
        while not stop.is_set():
            self.changed.clear()
            pause = await self._turn(stop)
            await any_of(stop, self.changed, timeout=pause)

    async def _turn(self, stop: asyncio.Event) -> float:
        """Run what is due; the seconds until something may be due again."""
        try:
            roster, now = await self.roster(), self.clock()
            due = due_at(roster, await self.last_runs(), now)
            if not due:
                until_then = (wake_up(roster, now) - now).total_seconds()
                return min(max(until_then, self.pause), LONGEST_SLEEP)
            await self._until(self.cycle(due), stop)
        except LimnographError as error:
            log.error("cycle failed", reason=error.reason, mend=error.mend)
            return AFTER_FAILURE
        except Exception:
            log.exception("cycle failed")
            return AFTER_FAILURE
        return self.pause

    async def _until(self, work: Coroutine[Any, Any, object], stop: asyncio.Event) -> None:
        """Await the work; when told to stop, only for a while, and then cancel it."""
        running = asyncio.create_task(work)
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await asyncio.wait({running}, timeout=self.grace)
        finally:
            stopping.cancel()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def any_of(*events: asyncio.Event, timeout: float) -> None:
    """Wait until one of some events is set, at most for so many seconds."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


@contextmanager
def stopping_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT while the block runs; needs a running event loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextmanager
def telling_of_hangups(asked: Callable[[], None]) -> Iterator[None]:
    """Call `asked` on SIGHUP while the block runs, ignore it afterwards; needs a running loop."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, asked)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        # What is still to be put away must not be cut short by a reload that came too late.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
