"""Recompute the past of tables from the tables themselves, and write the same facts again.

Many tables are replayed at the same time, each block by block; every block is read, compared and
written with what is to be told of it in one transaction. Cursors, counters, gauges and outcomes are
left alone. It may be killed at any time: the same command goes on where it was.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from limnograph.explaining import explained
from limnograph.replay.ledger import Ledger
from limnograph.replay.plan import BLOCK
from limnograph.replay.results import Ending, ReplayResult, TableReplay
from limnograph.replay.table import Progress, TableReplayer
from limnograph.replay.window import Bound, span
from limnograph.runner import new_run
from limnograph.settings.resolved import TableSettings, reveal
from limnograph.store import Store
from monitors.core import Monitor
from monitors.errors import LimnographError, StoreError
from monitors.lakes.embedded import Access
from monitors.lakes.past import PastTable

log = structlog.get_logger()

CONCURRENCY = 8  # tables replayed at the same time; each reads many commits at once


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be replayed. `restart` does again what an earlier call has done already."""

    start: Bound
    end: Bound
    monitors: tuple[Monitor, ...]
    dry_run: bool = False
    restart: bool = False
    block: int = BLOCK


def check(request: Request, tables: Iterable[TableSettings], now: datetime) -> None:
    """ValueError when nothing can lie in the window, in the time zone of one of the tables."""
    for zone in sorted({table.time_zone for table in tables}):
        span(request.start, request.end, zone, now)


async def run_replay(
    request: Request,
    tables: Sequence[TableSettings],
    store: Store,
    access: Access,
    *,
    clock: Callable[[], datetime],
    progress: Progress,
    concurrency: int = CONCURRENCY,
) -> ReplayResult:
    """Replay some tables. Raises StoreError when the store cannot be used; nothing else.

    What it kept of its progress stays until `forget`, for the case that nobody reads the result.
    """
    started = clock()
    run = new_run(started)
    gate = asyncio.Semaphore(concurrency)

    async def one(table: TableSettings) -> TableReplay:
        async with gate:
            return await _replayed(table, request, run, ledger, access, started, progress)

    with structlog.contextvars.bound_contextvars(run=run), Ledger(store) as ledger:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(table)) for table in tables]
        except* StoreError as errors:
            failure = errors.exceptions[0]
        else:
            found = tuple(task.result() for task in tasks)
            texts = request.start.text, request.end.text
            return ReplayResult(run, *texts, started, clock(), request.dry_run, found)
    raise failure


def forget(store: Store, result: ReplayResult) -> None:
    """Drop the progress of the tables that are done, once their result has been told."""
    for table in result.tables:
        if table.ending is Ending.REPLAYED and table.keys:
            store.forget_replay(table.subject, table.keys)


def asked(request: Request, table: TableSettings) -> tuple[Monitor, ...]:
    """The monitors of a request that are on for a table."""
    return tuple(monitor for monitor in request.monitors if monitor.name in table.monitors)


def refused(monitors: Mapping[str, Monitor], names: Sequence[str]) -> str | None:
    """Why monitors of these names cannot be replayed; None when all can."""
    able = ", ".join(name for name, monitor in monitors.items() if monitor.replay)
    problems = [
        f"{name} keeps nothing of each commit, so there is nothing to replay"
        if name in monitors
        else f"there is no monitor {name}"
        for name in names
        if name not in monitors or monitors[name].replay is None
    ]
    return f"{'; '.join(problems)}; these can be replayed: {able}" if problems else None


async def _replayed(
    table: TableSettings,
    request: Request,
    run: str,
    ledger: Ledger,
    access: Access,
    now: datetime,
    progress: Progress,
) -> TableReplay:
    monitors = asked(request, table)
    try:
        past = PastTable(table.uri, reveal(table.storage_options), access, now)
    except LimnographError as error:
        return TableReplay(
            table.name, table.subject.id, Ending.ERROR, reason=error.reason, mend=error.mend
        )
    words = (request.start.text, request.end.text, *sorted(one.name for one in monitors))
    replayer = TableReplayer(
        table=table,
        monitors=monitors,
        span=span(request.start, request.end, table.time_zone, now),
        past=past,
        ledger=ledger,
        progress=progress,
        run=run,
        now=now,
        size=request.block,
        asked=words,
        restart=request.restart,
    )
    try:
        return await (replayer.planned() if request.dry_run else replayer.replayed())
    except StoreError:
        raise
    except Exception as error:
        reason, mend = explained(error)
        log.warning(
            "could not be replayed", table=table.name, reason=reason, mend=mend, exc_info=error
        )
        return replayer.broken_off(reason, mend)
