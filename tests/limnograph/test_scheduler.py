import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from limnograph.cycle import Due
from limnograph.due import next_time
from limnograph.scheduler import Scheduler, due_at, everything, stopping_on_signals, wake_up
from limnograph.settings.resolved import TableSettings
from limnograph.settings.schedules import Cron, Every
from monitors import ingestion
from monitors.core import Monitor
from monitors.errors import StoreError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COUNTS = ingestion.MONITOR
SIZES = Monitor("sizes", "", "table", ingestion.Config, (), ingestion.read)
BOTH = {"ingestion": ingestion.Config(), "sizes": ingestion.Config()}
POSTS = TableSettings("bronze.posts", "/lake/posts", monitors=BOTH)
LABELS = TableSettings(
    "bronze.labels", "/lake/labels", schedule=Every(3600), monitors={"sizes": BOTH["sizes"]}
)


def test_everything_is_each_table_with_the_monitors_that_are_on() -> None:
    bare = TableSettings("bronze.bare", "/lake/bare")
    assert everything([POSTS, LABELS, bare], [COUNTS, SIZES]) == [
        Due(POSTS, (COUNTS, SIZES)),
        Due(LABELS, (SIZES,)),
    ]


def test_only_the_monitors_whose_time_has_come_are_due() -> None:
    roster = everything([POSTS, LABELS], [COUNTS, SIZES])
    last_runs = {
        ("table:bronze.posts", "ingestion"): NOON - timedelta(hours=1),
        ("table:bronze.posts", "sizes"): NOON,
    }
    assert due_at(roster, last_runs, NOON + timedelta(seconds=1)) == [
        Due(POSTS, (COUNTS,)),
        Due(LABELS, (SIZES,)),
    ]


def test_the_next_look_is_at_the_first_time_of_any_schedule() -> None:
    nightly = TableSettings("a", "/a", schedule=Cron("0 3 * * *"), monitors=BOTH)
    roster = everything([nightly, LABELS], [SIZES])
    assert wake_up(roster, NOON) == next_time(LABELS.schedule, "UTC", LABELS.name, NOON)
    assert wake_up([], NOON) == NOON + timedelta(minutes=1)


@dataclass
class Service:
    """What the scheduler drives: a roster of one table, and what ran and when."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    now: datetime = NOON
    ran: list[list[str]] = field(default_factory=list)
    last: dict[tuple[str, str], datetime] = field(default_factory=dict)
    cycles_until_stop: int = 1

    async def roster(self) -> Sequence[Due]:
        return everything([POSTS], [COUNTS])

    async def last_runs(self) -> dict[tuple[str, str], datetime]:
        return dict(self.last)

    async def cycle(self, due: Sequence[Due]) -> None:
        self.ran.append([item.table.name for item in due])
        self.last["table:bronze.posts", "ingestion"] = self.now
        self.now += timedelta(minutes=15)
        if len(self.ran) == self.cycles_until_stop:
            self.stop.set()

    def scheduler(self, grace: float = 30.0) -> Scheduler:
        return Scheduler(
            self.roster, self.last_runs, self.cycle, lambda: self.now, pause=0.0, grace=grace
        )


def test_cycles_follow_each_other_until_told_to_stop() -> None:
    async def serve() -> list[list[str]]:
        service = Service(cycles_until_stop=3)
        await service.scheduler().serve(service.stop)
        return service.ran

    assert asyncio.run(serve()) == [["bronze.posts"]] * 3


def test_a_change_of_the_roster_is_looked_at_at_once() -> None:
    async def serve() -> list[list[str]]:
        service = Service(cycles_until_stop=2)
        scheduler = replace(service.scheduler(), pause=3600.0)
        serving = asyncio.create_task(scheduler.serve(service.stop))
        while not service.ran:
            await asyncio.sleep(0)
        scheduler.changed.set()
        await serving
        return service.ran

    assert asyncio.run(serve()) == [["bronze.posts"]] * 2


def test_a_cycle_under_way_may_end_after_the_stop() -> None:
    ended = []

    class Slow(Service):
        async def cycle(self, due: Sequence[Due]) -> None:
            self.stop.set()
            for _ in range(100):
                await asyncio.sleep(0)
            ended.append("whole")

    async def serve() -> None:
        service = Slow()
        await service.scheduler().serve(service.stop)

    asyncio.run(serve())
    assert ended == ["whole"]


def test_a_cycle_that_does_not_end_is_cancelled_after_the_stop() -> None:
    ended = []

    class Endless(Service):
        async def cycle(self, due: Sequence[Due]) -> None:
            self.stop.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

    async def serve() -> None:
        service = Endless()
        await service.scheduler(grace=0.01).serve(service.stop)

    asyncio.run(serve())
    assert ended == ["cancelled"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreError("store is gone", "bring it back"), {"reason": "store is gone"}),
        (RuntimeError("odd"), {"exc_info": True}),
    ],
)
def test_a_failed_cycle_is_told_and_does_not_end_the_service(
    error: Exception, told: dict[str, object]
) -> None:
    class Broken(Service):
        async def cycle(self, due: Sequence[Due]) -> None:
            self.stop.set()
            raise error

    async def serve() -> None:
        service = Broken()
        await service.scheduler().serve(service.stop)

    with capture_logs() as logs:
        asyncio.run(serve())
    (line,) = logs
    assert line["event"] == "cycle failed"
    assert line["log_level"] == "error"
    assert told.items() <= line.items()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_for_the_stop(number: signal.Signals) -> None:
    async def told() -> bool:
        stop = asyncio.Event()
        with stopping_on_signals(stop):
            os.kill(os.getpid(), number)
            return await asyncio.wait_for(stop.wait(), 10)

    assert asyncio.run(told())
