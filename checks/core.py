"""The words of judging: check, kind, severity, verdict, finding, and what a check may ask for.

Everything here is a plain value or a protocol. Times are aware datetimes in UTC. Unknown is None,
never zero, and what could not be evaluated is never a pass.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from checks.forms import CheckForm
from monitors.core import Definition, Event, Subject

if TYPE_CHECKING:
    import pyarrow as pa

Span = tuple[datetime, datetime]
"""From a time, included, to a time, excluded."""


class Status(StrEnum):
    """How a check judged, in the order in which people want to see them."""

    FAIL = "fail"
    ERROR = "error"
    WARN = "warn"
    NOT_ASSESSED = "not_assessed"
    PASS = "pass"


class Severity(StrEnum):
    """How bad a failure is; the values are in rising order."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """From 0; the greater the worse."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Patience:
    """When a check that does not pass becomes an incident.

    It must not have passed for `duration`, and in at least `fails` of its last `of` verdicts.
    """

    duration: timedelta = timedelta(0)
    fails: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True)
class Check:
    """A declared check of one subject; `id` is unique among the checks of its subject.

    `type` is as it was written: the name of a kind, or of an expectation. `form` holds the fields,
    `written` the same as they were written.
    """

    id: str
    type: str
    kind: str
    form: CheckForm
    subject: Subject
    severity: Severity = Severity.WARNING
    owner: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    patience: Patience = field(default_factory=Patience)
    written: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def full_id(self) -> str:
        """Unique among all checks: the subject's name, a slash, the check's id."""
        return f"{self.subject.name}/{self.id}"

    @property
    def monitor(self) -> str:
        """The name under which the store keeps the cursor, the outcome and the series."""
        return f"{MONITOR_PREFIX}{self.id}"


MONITOR_PREFIX = "check:"

Observed = float | str | datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check says of one slice of its subject.

    `reason` is one sentence with the numbers in it; `expected` is what would pass, in words, and
    `lower` and `upper` are its bounds where they are numbers. `window` is what was judged, `look`
    a command or a statement that shows more. `rows` were judged and `bad` of them were bad.
    `samples` are rows that were bad, only where they were asked for. `detail` is more for JSON.
    """

    status: Status
    reason: str = ""
    mend: str = ""
    observed: Observed = None
    expected: str = ""
    lower: float | None = None
    upper: float | None = None
    window: Span | None = None
    look: str = ""
    rows: int | None = None
    bad: int | None = None
    slice: str = ""
    samples: tuple[Mapping[str, Any], ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def error(cls, reason: str, mend: str = "", **more: Any) -> "Verdict":
        """The check could not be evaluated."""
        return cls(Status.ERROR, reason, mend, **more)

    @classmethod
    def not_assessed(cls, reason: str, mend: str = "", **more: Any) -> "Verdict":
        """There is nothing to evaluate yet."""
        return cls(Status.NOT_ASSESSED, reason, mend, **more)

    def of_slice(self, name: str) -> "Verdict":
        """The same verdict, about one slice of the subject."""
        return replace(self, slice=name)


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour (in UTC) or a local day, and the rows that commits changed in it.

    `value` is None where it is unknown: the log had a hole, or a commit could not be counted.
    `commits` are those of any kind, maintenance included.
    """

    start: datetime
    end: datetime
    value: int | None
    commits: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a gauge, which held from `at` until the next one."""

    at: datetime
    value: float


Count = Literal["written", "inserted", "updated", "deleted", "net"]
"""Rows of a commit: `written` are those inserted or updated, `net` inserted less deleted."""


class Past(Protocol):
    """What is stored of one subject, for a check that judges from that alone.

    Every method raises StoreError. Nothing lies after `now`.
    """

    @property
    def now(self) -> datetime: ...

    @property
    def read_at(self) -> datetime | None:
        """When the subject was last read with success; None if it never was."""
        ...

    @property
    def unreadable(self) -> tuple[str, str] | None:
        """Reason and mend where the last reading failed or is too old to speak for the subject."""
        ...

    def hours(self, count: Count, since: datetime) -> Sequence[Slot]:
        """Every hour from the first known one at or after `since` to the one that is under way at
        the last reading, in order and without a gap; an hour without commits has the value 0.
        """
        ...

    def days(self, count: Count, since: datetime) -> Sequence[Slot]:
        """As `hours`, by the days of the subject's time zone."""
        ...

    def commit_times(self, since: datetime) -> Sequence[datetime]:
        """The times of the commits that changed data, in order."""
        ...

    def samples(
        self, metric: str, labels: Mapping[str, str], since: datetime
    ) -> Mapping[tuple[str, ...], Sequence[Sample]]:
        """The values of a metric at or after `since`, in order, by label values (those of the
        subject left out); the one that held at `since` comes first. A counter has its total now.
        """
        ...

    def latest(self, metric: str) -> float | None:
        """The newest value of a gauge that has no labels but the subject's."""
        ...

    def definitions(self, since: datetime | None) -> Sequence[Definition]:
        """How the table was defined, in order; the one in force at `since` (None: at the oldest
        that is kept) comes first."""
        ...

    def events(self, since: datetime) -> Sequence[Event]:
        """What happened to the subject at or after `since`."""
        ...

    def expected(self, check: str) -> Sequence[Span]:
        """Spans of which a user said that what a check saw there was expected."""
        ...

    def incidents(self, check: str) -> Sequence[Span]:
        """Spans in which a check, by its id, had an open incident."""
        ...


Judge = Callable[[Check, Past], Sequence[Verdict]]
"""Judges from what is stored; one verdict per slice, at least one. Pure but for the Past."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a table, and its commit time."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """Why the new rows of some commits could not be had: not assessed, or an error."""

    reason: str
    mend: str
    error: bool = False


class Rows(Protocol):
    """The rows of one table as its lake reads them; every method raises UnreadableError.

    Statements are in the Databricks dialect and may name three relations: `new_rows` (the new rows
    and the three columns of the change feed), `whole` (every live row as of `last`), and the other
    tables that were declared, by their names in the configuration, quoted. Values are parameters,
    written `:name`.
    """

    @property
    def last(self) -> Version:
        """The version up to which rows are judged, and as of which the table is scanned."""
        ...

    @property
    def left_out(self) -> Sequence[Unread]:
        """Why the rows of some commits are not among the new ones."""
        ...

    def schema(self) -> "pa.Schema":
        """The table's columns as of `last`."""
        ...

    def new(self, columns: Sequence[str] | None) -> "Iterator[pa.RecordBatch]":
        """The rows that the commits since the last time inserted or updated (their images after
        the change), with `_change_type`, `_commit_version` and `_commit_timestamp` behind the
        columns asked for; the first time every live row, as inserted by version `last`.
        """
        ...

    def whole(self, columns: Sequence[str] | None) -> "Iterator[pa.RecordBatch]":
        """Every live row as of `last`."""
        ...

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> "pa.Table":
        """The rows of a statement's result; memory is bounded by it and not by the relations."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a row-level check found; it travels from a worker process, so it holds plain values.

    The sums of findings over batches do not depend on how rows are cut into batches.
    """

    check: str
    verdict: Verdict
    quarantined: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of check. `judge` is set for kinds that need what is stored; a kind without one
    needs rows, and is evaluated by `checks.rows`.
    """

    name: str
    summary: str
    form: type[CheckForm]
    judge: Judge | None = None
