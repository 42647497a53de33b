"""The parts wired together: what `run`, `serve` and the demo share between settings and a cycle."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from limnograph.cycle import CycleResult, Due, Lake
from limnograph.lakes import EmbeddedLake
from limnograph.progress import Advance
from limnograph.reporting import watched
from limnograph.runner import run_cycle
from limnograph.scheduler import LastRuns, Scheduler, everything, stopping_on_signals
from limnograph.settings import Roster, Settings, TableSettings, roster
from limnograph.store import Store, open_store
from monitors.core import Monitor
from monitors.lakes.embedded import Access
from monitors.lakes.workers import Workers
from monitors.secrets import Secret

ROSTER_EVERY = timedelta(minutes=5)

Clock = Callable[[], datetime]

log = structlog.get_logger()


def utc_now() -> datetime:
    """The clock of everything that is not a test, a demo or a replay."""
    return datetime.now(UTC)


@contextmanager
def opened(settings: Settings, clock: Clock = utc_now) -> Iterator["Service"]:
    """The service of a configuration, with its store and its worker processes.

    Raises StoreError when the store cannot be opened, SecretError when its URL cannot be had.
    """
    with Workers(settings.run.workers) as workers, open_settings_store(settings) as store:
        access = Access(workers, settings.run.log_only, float(settings.run.timeout))
        yield Service(settings, store, EmbeddedLake(access), clock)


def open_settings_store(settings: Settings) -> Store:
    """The store that the settings name; StoreError, or SecretError for a reference to its URL."""
    url = settings.store_url
    return open_store(url.reveal() if isinstance(url, Secret) else url)


def secrets_of(settings: Settings) -> set[Secret]:
    """Every secret of the settings, for the log to mask."""
    tables = (*settings.tables, *(glob.like for glob in settings.globs))
    options = (option for table in tables for option in table.storage_options.values())
    return {value for value in (settings.store_url, *options) if isinstance(value, Secret)}


class Service:
    """A configuration at work. `tables` is the same object until the roster changes."""

    def __init__(self, settings: Settings, store: Store, lake: Lake, clock: Clock) -> None:
        self.settings, self.store, self.lake, self.clock = settings, store, lake, clock
        # Tables of globs that were found before are there at once, also while a listing is slow.
        self.tables: Sequence[TableSettings] = watched(settings, store)
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
        self._listed_at = self.clock()
        return found

    def due(self, wanted: Callable[[TableSettings], bool] = lambda table: True) -> list[Due]:
        """Every wanted table with all of its monitors, due or not."""
        return everything([table for table in self.tables if wanted(table)], self.monitors)

    async def cycle(self, due: Sequence[Due], advance: Advance = lambda: None) -> CycleResult:
        """Read some tables and store what was read; StoreError when the store cannot be used."""
        return await run_cycle(
            due,
            self.store,
            self.lake,
            clock=self.clock,
            concurrency=self.settings.run.concurrency,
            timeout=float(self.settings.run.timeout),
            advance=advance,
        )

    async def keep_reading(self) -> None:
        """Read what is due whenever it is, until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        with stopping_on_signals(stop):
            await Scheduler(self._roster, self._last_runs, self.cycle, self.clock).serve(stop)

    async def _roster(self) -> Sequence[Due]:
        if self._listed_at is None or (
            self.settings.globs and self.clock() - self._listed_at >= ROSTER_EVERY
        ):
            found = await asyncio.to_thread(self.refresh)
            for problem in (*found.problems, *found.warnings):
                log.warning("roster", problem=str(problem))
        return self.due()

    async def _last_runs(self) -> LastRuns:
        rows = await asyncio.to_thread(self.store.outcomes)
        return {(row.subject, row.monitor): row.at for row in rows}


def _attributes(table: TableSettings) -> dict[str, str]:
    return {"uri": table.uri, "owner": table.owner, "description": table.description}
