"""A folder with the demo in it: the lakehouse, its configuration and its truth file."""

import asyncio
import json
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from limnograph import paths
from limnograph.demo.flaws import ALL as EVERY_FLAW
from limnograph.demo.flaws import Flaw, PlantedRows, flawed, planted_rows
from limnograph.demo.flaws import to_json as rows_to_json
from limnograph.demo.lakehouse import TABLES, Step, Table, steps
from limnograph.demo.troubles import ALL, Planted, Trouble, first_look, planted, to_json, troubled
from monitors.errors import ConfigError
from monitors.lakes.workers import Workers

LAKE = "lake"
CONFIG = "limnograph.yaml"
STORE = "limnograph.db"
TRUTH = "truth.json"
MARKER = ".limnograph-demo"
OURS = (LAKE, CONFIG, STORE, f"{STORE}-wal", f"{STORE}-shm", f"{STORE}-journal", TRUTH, MARKER)
PROCESSES = 2
WRITE_LIMIT = 600.0  # seconds for one table's history

Progress = Callable[[str, int], None]
"""Told, after each table, its name and how many commits were written."""


@dataclass(frozen=True, slots=True)
class Lakehouse:
    """The demo in its folder; its past is written first, what happens between the looks after."""

    directory: Path
    seed: int
    now: datetime
    troubles: frozenset[Trouble] = ALL
    flaws: frozenset[Flaw] = EVERY_FLAW

    @property
    def lake(self) -> Path:
        return self.directory / LAKE

    @property
    def config(self) -> Path:
        return self.directory / CONFIG

    @property
    def first_look(self) -> datetime:
        """When the first cycle reads the lakehouse; the last one does at `now`."""
        return first_look(self.now)

    @property
    def planted(self) -> list[Planted]:
        """The truth, from the plan."""
        return planted(self.troubles, self.now)

    @property
    def planted_rows(self) -> list[PlantedRows]:
        """The truth about single rows."""
        return planted_rows(self.flaws)

    def steps(self, table: Table) -> list[Step]:
        """All commits of a table, troubles and flaws included."""
        plan = troubled(table, steps(table, self.seed, self.now), self.now, self.troubles)
        return flawed(table, plan, self.flaws)

    def history(
        self, tables: Collection[Table] = TABLES, progress: Progress = lambda name, commits: None
    ) -> None:
        """Write the commits up to the first look, in worker processes."""
        asyncio.run(self._history(tables, progress))

    def between(self, tables: Collection[Table] = TABLES) -> None:
        """Write the commits after the first look."""
        from limnograph.demo.writing import write

        for table in tables:
            after = [step for step in self.steps(table) if step.at > self.first_look]
            write(self.lake, table, after, self.seed)

    async def _history(self, tables: Collection[Table], progress: Progress) -> None:
        from limnograph.demo.writing import write

        with Workers(PROCESSES) as workers:

            async def one(table: Table, until_then: list[Step]) -> None:
                arguments = (self.lake, table, until_then, self.seed)
                progress(table.name, await workers.call(write, *arguments, timeout=WRITE_LIMIT))

            plans = [
                (table, [step for step in self.steps(table) if step.at <= self.first_look])
                for table in tables
            ]
            # The longest first, so that the processes end together.
            plans.sort(key=lambda plan: len(plan[1]), reverse=True)
            await asyncio.gather(*(one(*plan) for plan in plans))


def build(
    directory: Path,
    *,
    seed: int,
    now: datetime,
    troubles: Collection[Trouble] = ALL,
    flaws: Collection[Flaw] = EVERY_FLAW,
) -> Lakehouse:
    """Prepare the folder, with its configuration and its truth file; nothing is in the lake yet.

    The last hour ends at `now`, rounded down to the hour. An earlier demo in the folder is
    replaced. Raises ConfigError when the folder holds anything else.
    """
    lakehouse = Lakehouse(directory, seed, whole_hour(now), frozenset(troubles), frozenset(flaws))
    _clear(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MARKER).write_text("limnograph demo\n", encoding="utf-8")
    shutil.copyfile(paths.CONFIG / "demo.yaml", directory / CONFIG)
    truth = to_json(seed, lakehouse.now, lakehouse.planted)
    truth["rows"] = rows_to_json(lakehouse.planted_rows)
    (directory / TRUTH).write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    lakehouse.lake.mkdir()
    return lakehouse


def whole_hour(now: datetime) -> datetime:
    """The last whole hour in UTC; ValueError when the time has no time zone."""
    if now.tzinfo is None:
        raise ValueError("the time needs a time zone")
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _clear(directory: Path) -> None:
    if not directory.exists():
        return
    mend = "choose a new folder with --dir"
    if not directory.is_dir():
        raise ConfigError(f"{directory} is not a folder", mend)
    if not any(directory.iterdir()):
        return
    if not (directory / MARKER).is_file():
        raise ConfigError(f"{directory} holds something that is not an earlier demo", mend)
    for name in OURS:
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
