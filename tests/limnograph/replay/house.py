"""A real table, a store, and cycles and replays of the one into the other."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text

from limnograph.lakes import EmbeddedLake
from limnograph.replay.plan import BLOCK
from limnograph.replay.request import Request, forget, run_replay
from limnograph.replay.results import ReplayResult, TableReplay
from limnograph.replay.window import bound
from limnograph.runner import run_cycle
from limnograph.scheduler import everything
from limnograph.settings import TableSettings
from limnograph.store import Store
from limnograph.store.engine import Database
from limnograph.store.location import locate
from limnograph.store.schema import METADATA
from monitors import freshness, ingestion, schema
from monitors.core import Monitor
from monitors.lakes.embedded import Access
from tests.monitors.cycles import Inline

MONITORS = (ingestion.MONITOR, freshness.MONITOR, schema.MONITOR)
REPLAYED = (ingestion.MONITOR, schema.MONITOR)

Rows = list[tuple[Any, ...]]


@dataclass
class Meter:
    """How many commits were planned and done."""

    planned_commits: int = 0
    done_commits: int = 0

    def planned(self, commits: int) -> None:
        self.planned_commits += commits

    def done(self, commits: int) -> None:
        self.done_commits += commits


class Killed(BaseException):
    """Ends a replay as a signal would, between two blocks."""


@dataclass
class KilledAfter(Meter):
    """Ends the replay once so many commits are done."""

    commits: int = 0

    def done(self, commits: int) -> None:
        super().done(commits)
        if self.done_commits >= self.commits:
            raise Killed


@dataclass
class House:
    """One table named `posts`, in a store; `now` is the clock of all that happens."""

    uri: Path
    store_url: str
    store: Store
    time_zone: str = "UTC"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    log_only: bool = False

    @property
    def table(self) -> TableSettings:
        configs = {monitor.name: monitor.config() for monitor in MONITORS}
        return TableSettings("posts", str(self.uri), time_zone=self.time_zone, monitors=configs)

    @property
    def access(self) -> Access:
        return Access(Inline(), log_only=self.log_only)

    def cycle(self, store: Store | None = None) -> None:
        into = store or self.store
        into.sync_roster("table", {"posts": {}}, self.now)
        due = everything([self.table], MONITORS)
        lake = EmbeddedLake(self.access)
        asyncio.run(run_cycle(due, into, lake, clock=lambda: self.now))

    def replay(self, start: str = "start", end: str = "now", **more: Any) -> TableReplay:
        """Replay, tell the result and forget the progress, as the command does."""
        result = self.untold(start, end, **more)
        forget(self.store, result)
        return result.tables[0]

    def untold(
        self,
        start: str = "start",
        end: str = "now",
        monitors: tuple[Monitor, ...] = REPLAYED,
        progress: Meter | None = None,
        block: int = BLOCK,
        **more: Any,
    ) -> ReplayResult:
        request = Request(bound(start), bound(end), monitors, block=block, **more)
        return asyncio.run(
            run_replay(
                request,
                [self.table],
                self.store,
                self.access,
                clock=lambda: self.now,
                progress=progress or Meter(),
            )
        )

    def rows(self, *tables: str) -> dict[str, Rows]:
        """What is in some tables of the store; in all of them by default."""
        found: dict[str, Rows] = {}
        with self._database() as database, database.reading() as connection:
            for name in tables or [name for name in METADATA.tables if name != "revision"]:
                query = select(METADATA.tables[name])
                found[name] = sorted(map(tuple, connection.execute(query)), key=repr)
        return found

    def tamper(self, statement: str) -> None:
        """Change the store behind its back."""
        with self._database() as database, database.writing() as connection:
            _execute(connection, statement)

    @contextmanager
    def _database(self) -> Iterator[Database]:
        database = Database(locate(self.store_url))
        try:
            yield database
        finally:
            database.close()


def _execute(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))


def told(table: TableReplay) -> dict[str, Any]:
    """The numbers of a replay that are not zero."""
    found = {
        "done": table.done,
        "unchanged": table.unchanged,
        "added": len(table.added),
        "changed": len(table.changed),
        "kept": len(table.kept),
        "lost": sum(lost.last - lost.first + 1 for lost in table.lost),
        "newer": table.newer,
        "resumed": table.resumed,
        "events": len(table.events),
    }
    return {name: number for name, number in found.items() if number}
