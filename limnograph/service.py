"""The parts wired together: what `run`, `serve` and the demo share between settings and a cycle."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from checks import metrics as check_metrics
from checks.forms import RowForm
from limnograph.cycle import CycleResult, Due, Lake
from limnograph.delivery import deliver_due, keep_delivering
from limnograph.judging import Rules
from limnograph.lake_workers import LakeWorkers
from limnograph.progress import Advance
from limnograph.reporting import watched, with_found
from limnograph.routing import channels, links, nobody, refreshes, routes
from limnograph.runner import run_cycle
from limnograph.scheduler import LastRuns, Scheduler, everything, stopping_on_signals
from limnograph.self_metrics import STORE_OUTAGES
from limnograph.settings import CheckSettings, Roster, Run, Settings, TableSettings, roster
from limnograph.store import SERVICE, Store, open_store
from limnograph.store_watch import StoreWatch
from monitors.core import Monitor, Totals
from monitors.secrets import Secret

ROSTER_EVERY = timedelta(minutes=5)

Clock = Callable[[], datetime]

Companion = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Work beside the cycles; it ends when the event is set, and is cancelled when it does not."""

log = structlog.get_logger()


def utc_now() -> datetime:
    """The clock of everything that is not a test, a demo or a replay."""
    return datetime.now(UTC)


@contextmanager
def opened(settings: Settings, clock: Clock = utc_now) -> Iterator["Service"]:
    """The service of a configuration, with its store and its worker processes.

    Raises StoreError when the store cannot be opened, SecretError when its URL cannot be had.
    """
    with LakeWorkers(settings.run.workers) as workers, open_settings_store(settings) as store:
        yield Service(settings, store, workers.lake, clock)


def open_settings_store(settings: Settings) -> Store:
    """The store that the settings name; StoreError, or SecretError for a reference to its URL."""
    url = settings.store_url
    return open_store(url.reveal() if isinstance(url, Secret) else url)


def secrets_of(settings: Settings) -> set[Secret]:
    """Every secret of the settings, for the log to mask."""
    tables = (*settings.tables, *(glob.like for glob in settings.globs))
    options = [option for table in tables for option in table.storage_options.values()]
    for form in (check.form for table in tables for check in table.checks):
        if isinstance(form, RowForm) and form.quarantine is not None:
            options += form.quarantine.storage_options.values()
    forms = (channel.form for channel in settings.alerts.channels.values())
    fields = (value for form in forms for _, value in form)
    return {one for one in (settings.store_url, *options, *fields) if isinstance(one, Secret)}


class Service:
    """A configuration at work. `tables` is the same object until the roster changes.

    `lake` gives the lake for a cycle, as the settings of that moment want it.
    """

    def __init__(
        self, settings: Settings, store: Store, lake: Callable[[Run], Lake], clock: Clock
    ) -> None:
        self.settings, self.store, self.clock = settings, store, clock
        self.store_watch = StoreWatch(clock)
        self._lake = lake
        self._changing = asyncio.Lock()  # held by who changes the tables
        self._changed = asyncio.Event()
        # Tables of globs that were found before are there at once, also while a listing is slow.
        self.tables: Sequence[TableSettings] = watched(settings, store)
        self._retired: Sequence[TableSettings] = ()  # beside whose checks the store has no others
        self._listed_at: datetime | None = None

    @property
    def monitors(self) -> tuple[Monitor, ...]:
        """The monitors that read tables, in their order."""
        return tuple(m for m in self.settings.monitors.values() if m.scope == "table")

    def refresh(self) -> Roster:
        """Look for the tables of globs anew, and tell the store which tables there are.

        A table that an incomplete listing did not find has not left.
        """
        found = roster(self.settings)
        tables = {table.name: table for table in found.tables}
        if not found.complete:
            tables = {table.name: table for table in self.tables} | tables
        listed = [tables[name] for name in sorted(tables)]
        self.store.sync_roster("table", {t.name: _attributes(t) for t in listed}, self.clock())
        if listed != list(self.tables):
            self.tables = listed
        self._retire(self.tables)
        self._listed_at = self.clock()
        return found

    def _retire(self, tables: Sequence[TableSettings]) -> None:
        """Let go of checks that are no longer declared: nobody would ever end their incidents."""
        if tables is self._retired:
            return
        declared = {table.subject.id: {check.id for check in table.checks} for table in tables}
        for subject, judged in self.store.judged_checks().items():
            kept = declared.get(subject, set())
            if judged - kept:
                self.store.retire_checks(subject, kept, self.clock())
        self._retired = tables

    def due(
        self,
        wanted: Callable[[TableSettings], bool] = lambda table: True,
        chosen: Callable[[CheckSettings], bool] = lambda check: True,
    ) -> list[Due]:
        """Every wanted table with all of its monitors and the chosen checks, due or not."""
        every = everything([table for table in self.tables if wanted(table)], self.monitors)
        return [replace(due, checks=tuple(filter(chosen, due.checks))) for due in every]

    @property
    def lake(self) -> Lake:
        """The lake as the settings of now want it."""
        return self._lake(self.settings.run)

    def rules(self, *, again: bool = False, silent: bool = False) -> Rules:
        """What judging needs of the settings of now; see `judging.Rules`. `silent` tells nobody."""
        settings = self.settings
        declared = (m for monitor in settings.monitors.values() for m in monitor.metrics)
        return Rules(
            kinds=settings.kinds,
            metrics={metric.name: metric for metric in (*declared, *check_metrics.ALL)},
            tables={table.name: table for table in self.tables},
            routes=nobody if silent else routes(settings.alerts),
            link=links(settings.alerts),
            timeout=float(settings.run.rows_timeout),
            again=again,
        )

    async def deliver(self) -> int:
        """Hand over what is to be told now; how many messages nobody took."""
        told = channels(self.settings.alerts)
        return (await deliver_due(self.store, told, self.clock)).undelivered

    async def keep_delivering(self, stop: asyncio.Event) -> None:
        """Hand over what is to be told whenever there is something, until the event is set."""
        await keep_delivering(
            self.store,
            lambda: channels(self.settings.alerts),
            self.clock,
            stop,
            refreshes=lambda: refreshes(self.settings.alerts),
        )

    async def cycle(
        self,
        due: Sequence[Due],
        advance: Advance = lambda: None,
        *,
        again: bool = False,
        silent: bool = False,
    ) -> CycleResult:
        """Read and judge some tables, and store what came of it.

        With `again` rows are judged that were judged before, and `silent` tells nobody of it.
        StoreError when the store cannot be used.
        """
        run = self.settings.run
        with self.store_watch.noting("written"):
            result = await run_cycle(
                due,
                self.store,
                self._lake(run),
                clock=self.clock,
                concurrency=run.concurrency,
                timeout=float(run.timeout),
                advance=advance,
                rules=self.rules(again=again, silent=silent),
            )
        self.store_watch.works("written")
        return result

    async def adopt(self, settings: Settings) -> tuple[str, ...]:
        """Work by other settings from now on; what of them takes effect after a restart only.

        A cycle that is under way ends by the settings with which it began.
        """
        later = _for_a_restart(self.settings, settings)
        async with self._changing:
            before = self.settings
            store = replace(settings.store, url=before.store.url)
            self.settings = replace(settings, http=before.http, store=store)
            tables = with_found(self.settings, {table.name: table.uri for table in self.tables})
            if tables != list(self.tables):
                self.tables = tables
            self._listed_at = None
        self._changed.set()
        return later

    async def keep_reading(self, *companions: Companion) -> None:
        """Read what is due whenever it is, until SIGTERM or SIGINT; companions work beside it."""
        stop = asyncio.Event()
        scheduler = Scheduler(
            self._roster, self._last_runs, self.cycle, self.clock, changed=self._changed
        )
        with stopping_on_signals(stop):
            tasks = [asyncio.create_task(companion(stop)) for companion in companions]
            try:
                await scheduler.serve(stop)
            finally:
                await _end(tasks)

    async def _roster(self) -> Sequence[Due]:
        outages = int(self.store_watch.fails("written"))
        if outages or self._listed_at is None:
            await asyncio.to_thread(self._count_outages, outages)
        async with self._changing:
            if self._listed_at is None or (
                self.settings.globs and self.clock() - self._listed_at >= ROSTER_EVERY
            ):
                with self.store_watch.noting("written"):
                    found = await asyncio.to_thread(self.refresh)
                for problem in (*found.problems, *found.warnings):
                    log.warning("roster", problem=str(problem))
        return self.due()

    def _count_outages(self, number: int) -> None:
        """Write how many outages have ended: while that fails, no table is read in vain.

        None at the start, so that a rate of the counter begins there.
        """
        outages: Totals = {(STORE_OUTAGES.name, ()): number}
        with self.store_watch.noting("written"):
            self.store.add_totals(SERVICE, "store", outages)
        self.store_watch.works("written")

    async def _last_runs(self) -> LastRuns:
        # Readings are put off when this fails, as when they cannot be written.
        with self.store_watch.noting("written"):
            rows = await asyncio.to_thread(self.store.outcomes)
        return {(row.subject, row.monitor): row.at for row in rows}


def _for_a_restart(before: Settings, after: Settings) -> tuple[str, ...]:
    """The settings that differ and cannot change while the service runs."""
    pairs = {
        "store": (before.store_url, after.store_url),
        "http.host": (before.http.host, after.http.host),
        "http.port": (before.http.port, after.http.port),
    }
    return tuple(name for name, (old, new) in pairs.items() if old != new)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            log.error("ended before its time", exc_info=ended)


def _attributes(table: TableSettings) -> dict[str, str]:
    return {"uri": table.uri, "owner": table.owner, "description": table.description}
