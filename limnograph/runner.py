"""One cycle: read every due table with its monitors, and store what they returned.

Many tables are read at the same time, and the monitors of one table one after the other, so that
they share what was read of its log. What fails costs one reading: it becomes an error with its
reason and its mend and one line in the log, and nothing else stops. Only a store that cannot be
used ends a cycle, since nothing could be kept. A cycle may be cancelled or killed at any time.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from limnograph import vitals
from limnograph.assessment import Assessment
from limnograph.cycle import CycleResult, Due, Known, Lake, TableResult
from limnograph.judging import Judging, Rules
from limnograph.progress import Advance
from limnograph.recorder import Recorder
from limnograph.store import SERVICE, Record, Seen, Store
from monitors.core import Reading, Subject
from monitors.errors import StoreError

log = structlog.get_logger()

CONCURRENCY = 32  # tables read at the same time
TIMEOUT = 60.0  # seconds for one monitor on one table
_BATCH = 500  # tables whose stored knowledge is read at once, shortly before they are

_Job = tuple[Due, Mapping[str, Known]]


async def run_cycle(
    due: Sequence[Due],
    store: Store,
    lake: Lake,
    *,
    clock: Callable[[], datetime],
    concurrency: int = CONCURRENCY,
    timeout: float = TIMEOUT,
    advance: Advance = lambda: None,
    rules: Rules | None = None,
) -> CycleResult:
    """Read, judge and store what is due; `advance` is called for each table that is done.

    The tables are subjects of the roster already (`Store.sync_roster`).
    Raises StoreError when the store cannot be used. Other processes may run cycles on the same
    store at the same time: what they wrote first stands.
    """
    started = clock()
    run = new_run(started)
    rules = rules or Rules()
    with structlog.contextvars.bound_contextvars(run=run), Recorder(store) as recorder:
        judging_anything = any(item.checks for item in due)
        silent = judging_anything and not await recorder.ask(Store.has_verdicts)
        judging = Judging(run, lake, recorder, clock, rules, silent)
        assessment = Assessment(run, lake, recorder, clock, timeout, judging)
        tables = await _read_all(due, assessment, concurrency, advance)
        await recorder.flush()
        if judging_anything:
            # Also what a cycle opened that was killed before its summary.
            ended = clock()
            await recorder.ask(lambda store: store.summarise(run, rules.routes, ended))
        result = CycleResult(run, started, clock(), tuple(tables))
        if tables:
            await _write_vitals(result, due, lake, recorder)
        log.debug("cycle ended", tables=len(tables), requests=result.cost.requests)
    return result


def new_run(now: datetime) -> str:
    """A new run's id: when it began, and something that no other run of that second has."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


async def _read_all(
    due: Sequence[Due], assessment: Assessment, concurrency: int, advance: Advance
) -> list[TableResult]:
    jobs: asyncio.Queue[_Job | None] = asyncio.Queue(concurrency)
    done: list[TableResult] = []

    async def feed() -> None:
        for start in range(0, len(due), _BATCH):
            for job in await _jobs(due[start : start + _BATCH], assessment):
                await jobs.put(job)
        for _ in range(concurrency):
            await jobs.put(None)

    async def work() -> None:
        while (job := await jobs.get()) is not None:
            done.append(await assessment.table(*job))
            advance()

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            for _ in range(concurrency):
                group.create_task(work())
    except* StoreError as errors:
        failure = errors.exceptions[0]
    else:
        return done
    raise failure


async def _jobs(due: Sequence[Due], assessment: Assessment) -> list[_Job]:
    """The tables with what the store knows of each, by monitor."""
    by_subject: dict[str, dict[str, Known]] = {item.subject.id: {} for item in due}
    known = await assessment.recorder.known(list(by_subject), assessment.lake.head)
    for (subject, monitor), of_monitor in known.items():
        by_subject[subject][monitor] = of_monitor
    return [(item, by_subject[item.subject.id]) for item in due]


async def _write_vitals(
    result: CycleResult, due: Sequence[Due], lake: Lake, recorder: Recorder
) -> None:
    """Write what the cycle says about its monitors and its source."""

    async def write(subject: Subject, reading: Reading) -> None:
        record = Record(subject, SERVICE, result.run, reading, Seen(), "UTC", result.ended)
        await recorder.write(record)

    outcomes = await recorder.outcomes("table")
    for monitor, results in vitals.by_monitor(result.results).items():
        subjects = outcomes.get(monitor, {})
        reading = vitals.monitor_reading(monitor, results, due, subjects, result.ended)
        await write(Subject("monitor", monitor), reading)
        increments = vitals.monitor_increments(monitor, results)
        await recorder.add_totals(SERVICE, monitor, increments)
    source = lake.name
    of_source = Subject("source", source)
    known = await recorder.known([of_source.id], lake.head)
    latest = known.get((of_source.id, SERVICE), Known()).latest
    await write(of_source, vitals.source_reading(source, result.results, latest, result.ended))
    await recorder.add_totals(SERVICE, source, vitals.source_increments(source, result))
