"""Cycles of the service over tables in an object store, its store included."""

import asyncio
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from structlog.testing import capture_logs

from limnograph.cycle import CycleResult, Result
from limnograph.inspection import InThread
from limnograph.lakes import EmbeddedLake
from limnograph.runner import run_cycle
from limnograph.scheduler import everything
from limnograph.settings import TableSettings
from limnograph.store import Store
from monitors import freshness, ingestion
from monitors.core import Outcome
from monitors.delta.feed_reader import Caller
from monitors.lakes.embedded import Access

MONITORS = (ingestion.MONITOR, freshness.MONITOR)


class Counted(NamedTuple):
    """What a commit did, as stored."""

    version: int
    inserted: int | None
    updated: int | None
    deleted: int | None
    source: str
    exact: bool


@dataclass
class Rounds:
    """A service's cycles over some tables; `said` is all that its log and its readings said."""

    store: Store
    tables: Sequence[TableSettings]
    timeout: float = 60
    caller: Caller = field(default_factory=InThread)
    said: str = ""

    def run(self) -> CycleResult:
        """One cycle over all tables with all monitors."""
        names = {table.name: {"uri": table.uri} for table in self.tables}
        self.store.sync_roster("table", names, datetime.now(UTC))
        lake = EmbeddedLake(Access(self.caller, timeout=self.timeout))
        due = everything(self.tables, MONITORS)
        with capture_logs() as events:
            cycle = run_cycle(
                due, self.store, lake, clock=lambda: datetime.now(UTC), timeout=self.timeout
            )
            result = asyncio.run(cycle)
        for event in events:
            error = event.pop("exc_info", None)
            self.said += f"{event}\n"
            if isinstance(error, BaseException):
                self.said += "".join(traceback.format_exception(error))
        self.said += f"{result.results}\n"
        return result

    def facts(self, table: str) -> list[Counted]:
        """The commits of a table, as stored."""
        return [
            Counted(f.version, f.inserted, f.updated, f.deleted, f.source, f.exact)
            for f in self.store.facts(f"table:{table}")
        ]

    def totals(self, table: str) -> dict[str, float]:
        """The counters of a table's changed rows."""
        return {
            row.labels[-1]: row.value
            for row in self.store.counters([f"table:{table}"])
            if row.metric == "lakehouse_table_row_changes_total"
        }


def table(name: str, uri: str, options: dict[str, str]) -> TableSettings:
    """A table with both monitors."""
    configs = {"ingestion": ingestion.Config(), "freshness": freshness.Config(event_time="at")}
    return TableSettings(name, uri, storage_options=options, monitors=configs)


def outcomes(result: CycleResult, name: str) -> set[Outcome]:
    """How the readings of a table ended."""
    return {found.outcome for found in of(result, name)}


def of(result: CycleResult, name: str) -> list[Result]:
    """The results of one table."""
    return [found for found in result.results if found.subject.id == f"table:{name}"]
