"""One cycle, as values: what is due, what a lake must offer, and how each reading ended."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from checks.core import Check, Status, Verdict
from checks.metrics import worst
from limnograph.row_checks import RowJob, RowOutcome
from limnograph.settings.resolved import CheckSettings, TableSettings
from limnograph.store.rows import Seen
from monitors.core import (
    Cost,
    Cursor,
    Kept,
    Monitor,
    Outcome,
    Problem,
    Reading,
    State,
    Subject,
    TableSource,
)

LoadStates = Callable[[], Awaitable[Mapping[str, State]]]
Values = Mapping[tuple[str, tuple[str, ...]], float]
"""Values of gauges by metric name and label values."""


class OpenTable(TableSource, Protocol):
    """A table that a lake has opened for one cycle."""

    def kept(self) -> Kept | None:
        """What to keep for the next cycle; None when that is what was kept before."""
        ...


class Lake(Protocol):
    """Where tables are; `abilities` says what its tables can answer (see `Monitor.needs`)."""

    @property
    def name(self) -> str: ...

    @property
    def abilities(self) -> frozenset[str]: ...

    @property
    def head(self) -> str:
        """The key of the small kept state that every cycle needs; the others only a few do."""
        ...

    def open(
        self, table: TableSettings, head: State | None, load_states: LoadStates, now: datetime
    ) -> OpenTable:
        """The table, nothing of it read yet; LimnographError when it cannot even be opened.

        `head` and what `load_states` gives is what an earlier cycle kept, if any.
        """
        ...

    async def examine(self, job: RowJob, timeout: float) -> RowOutcome:
        """Judge rows where blocking work runs; needs the ability `rows`. `timeout` in seconds.

        Raises UnreadableError when the table cannot be read, or not in that time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """A table, and those of its monitors and checks that are due now, in their order."""

    table: TableSettings
    monitors: tuple[Monitor, ...]
    checks: tuple[CheckSettings, ...] = ()

    @property
    def subject(self) -> Subject:
        return self.table.subject


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of one monitor, or of the lake, on one subject before the reading."""

    seen: Seen = field(default_factory=Seen)
    latest: Values = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)


class Written(StrEnum):
    """What became of a reading: written, found to add nothing, or outrun by another process."""

    NEW = "new"
    IDLE = "idle"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Result:
    """How one monitor fared on one table; `started` and `ended` are seconds of one clock.

    `lag` is how old the oldest commit was that this reading was the first to see; None when there
    was none, or when the table was never read before.
    """

    subject: Subject
    monitor: str
    outcome: Outcome
    written: Written
    started: float
    ended: float
    reason: str = ""
    mend: str = ""
    problems: tuple[Problem, ...] = ()
    lag: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check judged one table; `duration` is in seconds.

    `again` says that nothing was new to it, so that its earlier verdicts stand.
    """

    check: Check
    verdicts: tuple[Verdict, ...]
    written: Written
    duration: float
    again: bool = False

    @property
    def status(self) -> Status:
        """The worst of its slices."""
        return worst(self.verdicts).status


@dataclass(frozen=True, slots=True)
class TableResult:
    """What a cycle did with one table."""

    results: tuple[Result, ...]
    cost: Cost
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What a cycle did; `started` and `ended` are aware datetimes."""

    run: str
    started: datetime
    ended: datetime
    tables: tuple[TableResult, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(result for table in self.tables for result in table.results)

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        return tuple(check for table in self.tables for check in table.checks)

    @property
    def cost(self) -> Cost:
        return sum((table.cost for table in self.tables), Cost())


def adds_nothing(reading: Reading, known: Known) -> bool:
    """Whether the store already holds all of a reading but its outcome."""
    if reading.facts or reading.definitions or reading.events:
        return False
    if reading.states or reading.dropped_states:
        return False
    return (
        not reading.recreated
        and _same_cursor(reading.cursor, known.seen)
        and _same_values(reading, known.latest)
    )


def lag(reading: Reading, known: Known, now: datetime) -> timedelta | None:
    """How old the oldest commit of a reading was when it was first seen; see `Result.lag`."""
    if known.seen.cursor is None or reading.recreated or not reading.facts:
        return None
    oldest = min(fact.at for fact in reading.facts)
    return max(now - oldest, timedelta(0))


def _same_cursor(cursor: Cursor | None, seen: Seen) -> bool:
    return cursor is None or cursor == seen.cursor


def _same_values(reading: Reading, latest: Values) -> bool:
    values = {(item.metric.name, item.labels): item.value for item in reading.measurements}
    if reading.outcome is Outcome.ASSESSED:
        return values == latest  # what it does not report any more is to be forgotten
    return values.items() <= latest.items()
