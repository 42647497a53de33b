"""A lake in memory, for tests of what reads a lake: tables are lists of commits, or errors."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from checks.core import Finding, Status, Verdict
from limnograph.cycle import LoadStates
from limnograph.row_checks import RowJob, RowOutcome
from limnograph.settings import TableSettings
from monitors.core import (
    CommitFact,
    Cost,
    EventTime,
    Kept,
    LogFolder,
    RowWidth,
    Snapshot,
    State,
    Tail,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def commit(version: int, inserted: int) -> CommitFact:
    """An append at `version` minutes after noon."""
    return CommitFact(
        version=version,
        at=NOON + timedelta(minutes=version),
        operation="WRITE",
        inserted=inserted,
        updated=0,
        deleted=0,
        net=inserted,
        bytes_added=100,
        bytes_removed=0,
        files_added=1,
        files_removed=0,
        source="log",
        exact=True,
        changes_data=True,
    )


@dataclass
class MemoryTable:
    """A table's log; `failure` is raised by every read of it."""

    commits: list[CommitFact] = field(default_factory=list)
    failure: Exception | None = None

    def append(self, inserted: int) -> None:
        self.commits.append(commit(len(self.commits), inserted))


@dataclass
class MemoryLake:
    """Tables by name; opening one that is not there raises KeyError."""

    tables: Mapping[str, MemoryTable]
    abilities: frozenset[str] = frozenset({"commits"})
    name: str = "memory"
    head: str = "head"
    open_now: int = 0
    most_open: int = 0
    opened: list[tuple[str, str, Mapping[str, bytes]]] = field(default_factory=list)
    examined: list[RowJob] = field(default_factory=list)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    row_failure: Exception | None = None

    async def examine(self, job: RowJob, timeout: float) -> RowOutcome:
        """The verdicts that were prepared, by the check's id; a pass for any other."""
        self.examined.append(job)
        if self.row_failure is not None:
            raise self.row_failure
        newest = self.tables[job.subject.name].commits[-1].version
        found = (
            Finding(asked.check.id, self.verdicts.get(asked.check.id, Verdict(Status.PASS)))
            for asked in job.checks
        )
        return RowOutcome(tuple(found), str(newest), newest)

    def open(
        self, table: TableSettings, head: State | None, load_states: LoadStates, now: datetime
    ) -> "MemorySource":
        return MemorySource(self, table.name, self.tables[table.name], head, load_states)


@dataclass
class MemorySource:
    """One table during one cycle; keeps its number of commits as head, and all of them beside."""

    lake: MemoryLake
    name: str
    table: MemoryTable
    before: State | None
    load_states: LoadStates
    cost: Cost = field(default_factory=Cost)

    async def tail(self, position: str | None) -> Tail:
        self.lake.open_now += 1
        self.lake.most_open = max(self.lake.most_open, self.lake.open_now)
        await asyncio.sleep(0)
        states = await self.load_states()
        head = self.before.blob.decode() if self.before else ""
        self.lake.opened.append((self.name, head, {key: s.blob for key, s in states.items()}))
        self.lake.open_now -= 1
        self.cost += Cost(requests=1, bytes=10)
        if self.table.failure is not None:
            raise self.table.failure
        return self._after(position)

    def _after(self, position: str | None) -> Tail:
        newest = self.table.commits[-1]
        rows = sum(fact.net or 0 for fact in self.table.commits)
        first = 0 if position is None else int(position) + 1
        return Tail(
            snapshot=Snapshot(newest.version, newest.at, "id", rows, newest.version + 1, 100),
            commits=tuple(fact for fact in self.table.commits if fact.version >= first),
            events=(),
            position=str(newest.version),
            first=position is None,
        )

    async def event_time(self, *, scan: bool) -> EventTime:
        return EventTime(None)

    async def live_files(self) -> pa.Table:
        rows = [fact.net for fact in self.table.commits]
        count = len(rows)
        vector, size, partition = [0] * count, [100] * count, [""] * count
        return pa.table({"rows": rows, "vector": vector, "size": size, "partition": partition})

    async def log_folder(self) -> LogFolder:
        count = len(self.table.commits)
        return LogFolder(count, 100 * count, 0 if count else None, None, None)

    async def row_width(self) -> RowWidth:
        return RowWidth(reason="rows in memory have no files", mend="read a real table")

    def kept(self) -> Kept | None:
        count = str(len(self.table.commits))
        if not self.table.commits or (self.before and self.before.blob.decode() == count):
            return None
        put = (State("head", "count.1", 0, count.encode()), State("files", "x.1", 0, b"files"))
        return Kept(count, put, ())
