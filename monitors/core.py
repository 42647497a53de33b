"""The words of the house: subject, metric, measurement, fact, event, reading, monitor.

Everything here is a plain value. Times are aware datetimes in UTC. Unknown is None, never zero.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel

if TYPE_CHECKING:
    import pyarrow as pa

PREFIX = "lakehouse_"
TABLE_LABELS = ("catalog", "schema", "table")


class Outcome(StrEnum):
    """How a reading ended."""

    ASSESSED = "assessed"
    NOT_ASSESSED = "not_assessed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a measurement is about; `name` is unique within its kind.

    `time_zone` is where its people live: days are cut and hours of the week are learned there.
    """

    kind: str
    name: str
    time_zone: str = field(default="UTC", compare=False)

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.name}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Label values: catalog, schema and table of a table's name, else the name alone."""
        return table_labels(self.name) if self.kind == "table" else (self.name,)


def table_labels(name: str) -> tuple[str, str, str]:
    """Split a table's name at its last two dots; missing parts are empty.

    >>> table_labels("main.bronze.posts")
    ('main', 'bronze', 'posts')
    >>> table_labels("posts")
    ('', '', 'posts')
    """
    parts = name.rsplit(".", 2)
    catalog, schema, table = [""] * (3 - len(parts)) + parts
    return catalog, schema, table


@dataclass(frozen=True, slots=True)
class Metric:
    """A promised name; help, kind, labels and roll-up are part of the promise.

    `opt_in` families are not exposed unless the settings ask for them. When the series of a scrape
    exceed their limit, families of the greatest `drop_rank` go first, whole.
    """

    name: str
    help: str
    kind: Literal["gauge", "counter"] = "gauge"
    labels: tuple[str, ...] = ()
    unit: str = ""
    rollup: Literal["sum", "last", "min", "max"] = "last"
    opt_in: bool = False
    drop_rank: int = 0

    def __call__(self, value: float, *labels: str, at: datetime) -> "Measurement":
        """A measurement of this metric; ValueError when the labels do not fit the declaration."""
        if len(labels) != len(self.labels):
            raise ValueError(f"{self.name} takes labels {self.labels}, got {labels}")
        return Measurement(self, labels, float(value), at)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value of a metric, and when it was true (event time)."""

    metric: Metric
    labels: tuple[str, ...]
    value: float
    at: datetime


Origin = Literal["log", "feed", "scan"]


@dataclass(frozen=True, slots=True)
class CommitFact:
    """What one commit did to a table. Counts are rows, sizes are bytes; None is unknown.

    `exact` says that the three counts are what the table's change feed holds or would hold;
    `reason` is a code of `monitors.delta.reasons` where a count is unknown or not exact.
    `changes_data` is true when the commit added or removed files with dataChange.
    """

    version: int
    at: datetime
    operation: str
    inserted: int | None
    updated: int | None
    deleted: int | None
    net: int | None
    bytes_added: int | None
    bytes_removed: int | None
    files_added: int
    files_removed: int
    source: Origin
    exact: bool
    reason: str = ""
    changes_data: bool = False

    @property
    def counted(self) -> bool:
        """Whether all three row counts are known."""
        return None not in (self.inserted, self.updated, self.deleted)

    @property
    def may_bring_rows(self) -> bool:
        """Whether there may be rows that it inserted or updated."""
        none = self.exact and self.inserted == 0 and self.updated == 0
        return self.changes_data and not none


class EventKind(StrEnum):
    """Things that happen once and that people should see; the holes among them are `GAPS`."""

    LOG_CLEANED = "log_cleaned"
    RECREATED = "recreated"
    FEED_VACUUMED = "feed_vacuumed"
    FEED_OFF = "feed_off"
    FEED_ON = "feed_on"
    REPLACED = "replaced"
    CLOCK_SKEW = "clock_skew"
    SCHEMA_CHANGED = "schema_changed"


GAPS = frozenset(
    {EventKind.LOG_CLEANED, EventKind.RECREATED, EventKind.FEED_VACUUMED, EventKind.FEED_OFF}
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once; (subject, kind, key) is its identity."""

    kind: EventKind
    key: str
    at: datetime
    message: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a field within one; `path` holds logical names from the outside in.

    The parts of a list are `element`, those of a map `key` and `value`. `type` is the name of a
    primitive type (`long`, `decimal(10,2)`), or `struct`, `array` or `map`. `id` is what a column
    keeps under a new name: its physical name where the table maps columns, else empty.
    """

    path: tuple[str, ...]
    type: str
    nullable: bool = True
    id: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """How a table is defined from one commit on, until a later one defines it otherwise.

    `columns` are in the table's order, each followed by its fields. `features` are the names of
    reader and writer features. `operation` and `user` are what the commit says of itself; both are
    empty where the log no longer holds that commit.
    """

    version: int
    at: datetime
    table_id: str
    columns: tuple[Column, ...]
    partition_columns: tuple[str, ...] = ()
    clustering_columns: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    reader: int = 1
    writer: int = 1
    operation: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a reading that could not be had: what, its state, why, and the mend."""

    what: str
    state: Literal["error", "not_assessed"]
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class State:
    """A blob a monitor keeps between runs; one of an unknown format is rebuilt, never guessed."""

    key: str
    format: str
    version: int
    blob: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What a lake keeps of a table for the next cycle, as of a position in its log."""

    position: str
    put: tuple[State, ...]
    drop: tuple[str, ...]


Totals = Mapping[tuple[str, tuple[str, ...]], float]
"""Counter totals by (metric name, label values)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a monitor has read a scope, and its counters' totals, which move only with it.

    `position` is opaque to the store, which compares it as text.
    """

    position: str
    totals: Totals = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a monitor returned; `recreated` says that its table is a new one under the old name."""

    outcome: Outcome = Outcome.ASSESSED
    measurements: tuple[Measurement, ...] = ()
    facts: tuple[CommitFact, ...] = ()
    definitions: tuple[Definition, ...] = ()
    events: tuple[Event, ...] = ()
    states: tuple[State, ...] = ()
    dropped_states: tuple[str, ...] = ()
    cursor: Cursor | None = None
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    mend: str = ""
    recreated: bool = False

    @classmethod
    def not_assessed(cls, reason: str, mend: str) -> "Reading":
        """The subject or the lake lacks what the monitor needs, or history is short."""
        return cls(outcome=Outcome.NOT_ASSESSED, reason=reason, mend=mend)

    @classmethod
    def error(cls, reason: str, mend: str) -> "Reading":
        """The subject could not be read."""
        return cls(outcome=Outcome.ERROR, reason=reason, mend=mend)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table as its newest commit left it. Sizes are bytes; None is unknown."""

    version: int
    at: datetime
    table_id: str
    rows: int | None
    files: int | None
    size_bytes: int | None
    features: tuple[str, ...] = ()
    feed: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    partition_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tail:
    """What a table's log holds after a position.

    `commits` are in order of version. `position` is where the next read starts. `first` is true
    when there was nothing to start from; `recreated` when the position belongs to an older table.
    `before` is the table's definition where the commits begin (None where it had none, or where the
    log no longer tells), `definitions` are those that the commits set, in order of version; a
    definition whose schema cannot be read is left out, and is one of the `problems`.
    """

    snapshot: Snapshot
    commits: tuple[CommitFact, ...]
    events: tuple[Event, ...]
    position: str
    first: bool = False
    recreated: bool = False
    problems: tuple[Problem, ...] = ()
    before: Definition | None = None
    definitions: tuple[Definition, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """What a table's log tells of some versions, each read anew; the fields are those of a Tail.

    A version that the log no longer tells is in no fact, but in an event that says why.
    """

    commits: tuple[CommitFact, ...]
    events: tuple[Event, ...] = ()
    before: Definition | None = None
    definitions: tuple[Definition, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LogFolder:
    """What lies in a table's `_delta_log`; sizes are bytes.

    `first_version` is the oldest commit that is still there. The checkpoint is the newest complete
    one; its time is when its files were written. None where there is none.
    """

    files: int
    size_bytes: int
    first_version: int | None
    checkpoint_version: int | None
    checkpoint_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventTime:
    """The newest value of an event-time column; `at` None is unknown, with the reason and the mend.

    `at` is also None, with no reason, when no live row has a value.
    """

    at: datetime | None
    source: Origin = "log"
    reason: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class RowWidth:
    """Bytes that a row takes in memory, the mean of `rows` sampled ones; None is unknown.

    `arrow` is what Arrow takes, `pandas` a DataFrame with its Python objects. Where they are
    unknown there is a reason and a mend.
    """

    arrow: float | None = None
    pandas: float | None = None
    rows: int = 0
    reason: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading took: requests to the storage and bytes received."""

    requests: int = 0
    bytes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.requests + other.requests, self.bytes + other.bytes)


class TableSource(Protocol):
    """One table of a lake during one cycle; what was read once is not read again.

    Every method raises UnreadableError when the table cannot be read.
    """

    @property
    def cost(self) -> Cost: ...

    async def tail(self, position: str | None) -> Tail:
        """The commits after a position, counted; None reads all that the log still holds."""
        ...

    async def event_time(self, *, scan: bool) -> EventTime:
        """The newest value of the declared event-time column: from statistics, else by a scan."""
        ...

    async def live_files(self) -> "pa.Table":
        """The live files, a row each: `rows` (physical), `vector` (rows that a deletion vector
        marks), `size` (bytes), all int64 and null where unknown, and `partition`, the text
        `name=value/…`, empty where the table has no partitions. Costs as much as the table has
        files; for a table without new commits a monitor keeps what it made of them.
        """
        ...

    async def log_folder(self) -> LogFolder:
        """What lies in the log; one more request, except on a first read."""
        ...

    async def row_width(self) -> RowWidth:
        """What a row takes in memory, from a small sample of data; reads the log to find it."""
        ...


Read = Callable[
    [Any, Subject, Any, Cursor | None, Mapping[str, State], datetime], Coroutine[Any, Any, Reading]
]
Replay = Callable[[Window, Subject, Any, datetime], Reading]


@dataclass(frozen=True, slots=True)
class Monitor:
    """One file's worth of monitoring: its configuration, its metrics and its reader.

    `read(source, subject, config, cursor, states, now)` gets a TableSource when the scope is
    "table"; `needs` names what the lake must be able to do, else the reading is not assessed.
    `replay(window, subject, config, now)` gives the facts, definitions and events of past commits
    anew; None where a monitor keeps nothing of each commit.
    """

    name: str
    summary: str
    scope: Literal["table", "source"]
    config: type[BaseModel]
    metrics: tuple[Metric, ...]
    read: Read
    needs: tuple[str, ...] = ()
    replay: Replay | None = None
