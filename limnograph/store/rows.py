"""What goes into the store and what comes out of it, as plain values.

Times are aware datetimes in UTC. Label values are in the order their metric declares. Unknown is
None.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from checks.core import Check, Severity, Status, Verdict
from exporters.core import Message
from monitors.core import Cursor, Outcome, Problem, Reading, Subject

SERVICE = "service"
"""The scope of limnograph's own counters, which belong to no subject."""

LOG = "log"
"""The pseudo-monitor whose cursor and states hold the live files of a table."""

Grain = Literal["hour", "day"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store knows of one monitor on one subject, before a reading.

    `incarnation` is the subject's, 1 from the start. `cursor` is the monitor's newest of any
    incarnation and `cursor_incarnation` the one it belongs to: smaller than `incarnation` when
    another monitor has already noticed that the table was recreated.
    """

    incarnation: int = 1
    cursor: Cursor | None = None
    cursor_incarnation: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One reading to be written; `time_zone` is the IANA zone that cuts the subject's days."""

    subject: Subject
    monitor: str
    run: str
    reading: Reading
    seen: Seen
    time_zone: str
    now: datetime


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A subject of the roster, or one that left it at `left_at`."""

    id: str
    kind: str
    name: str
    incarnation: int
    left_at: datetime | None
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How the last reading of a monitor on a subject ended; `subject` is the subject's id.

    `last_success_at` is when a reading was last assessed. When written with None, the store sets
    it to `at` for an assessed reading and keeps what it has for any other.
    """

    subject: str
    monitor: str
    outcome: Outcome
    at: datetime
    run: str
    reason: str = ""
    mend: str = ""
    problems: tuple[Problem, ...] = ()
    last_success_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LatestRow:
    """The value of a gauge in the last reading; `at` is its event time."""

    subject: str
    monitor: str
    metric: str
    labels: tuple[str, ...]
    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class PointRow:
    """A value that a gauge took at a time; it held until the next point."""

    subject: str
    metric: str
    labels: tuple[str, ...]
    at: datetime
    value: float
    run: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """What a gauge was worth in an hour or a day (in UTC), by its metric's roll-up.

    `last` is the value at the end of the span, `points` how often it changed in it: 0 where the
    value was carried through. Without a `grain` it is a point, and `start` is its time.
    """

    subject: str
    metric: str
    labels: tuple[str, ...]
    grain: Grain | None
    start: datetime
    value: float
    last: float
    points: int


@dataclass(frozen=True, slots=True)
class CounterRow:
    """The total of a counter; `subject` is a subject's id, or SERVICE."""

    subject: str
    monitor: str
    metric: str
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """The commits of one hour or day, summed over all incarnations of the table.

    The four row counts are sums over the commits that know them, None when none does. Of the
    `commits`, `uncounted` lack at least one of the three counts and `inexact` have estimates.
    """

    subject: str
    grain: Grain
    time_zone: str
    start: datetime
    inserted: int | None
    updated: int | None
    deleted: int | None
    net: int | None
    commits: int
    uncounted: int
    inexact: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened once; `at` is when, `recorded_at` when limnograph wrote it down."""

    subject: str
    kind: str
    key: str
    at: datetime
    recorded_at: datetime
    run: str
    message: str
    detail: Mapping[str, Any] = field(default_factory=dict)


Routes = Callable[[Message], Sequence[str]]
"""The names of the channels that are told of a message."""


def _no_link(message: Message) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One evaluation of one check, to be written whole.

    The monitor of `record` is that of the check. `duration` is in seconds. `link` gives the one URL
    of a message. What opens while `silent` is not told by itself; see `Store.summarise`.

    With `again` nothing was new to the check: the verdicts are those of before, which stand. They
    do not count as further ones for its patience, and its series stay as they are.
    """

    record: Record
    check: Check
    verdicts: tuple[Verdict, ...]
    duration: float
    routes: Routes
    silent: bool = False
    again: bool = False
    link: Callable[[Message], str] = _no_link


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """The newest verdict of a check on one slice; `check` is its id among those of its subject.

    `since` is when its status began. `duration` of the evaluation is in seconds. `severity` is that
    of the check.
    """

    subject: str
    check: str
    verdict: Verdict
    at: datetime
    since: datetime
    last_pass_at: datetime | None
    run: str
    duration: float
    severity: Severity
    owner: str
    tags: tuple[str, ...]
    kind: str
    description: str

    @property
    def slice(self) -> str:
        return self.verdict.slice

    @property
    def status(self) -> Status:
        return self.verdict.status


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A verdict from `at` on, until the next one: another status, or another reason not to pass.

    Its samples and its detail are not kept.
    """

    subject: str
    check: str
    at: datetime
    verdict: Verdict
    severity: Severity
    run: str

    @property
    def slice(self) -> str:
        return self.verdict.slice

    @property
    def status(self) -> Status:
        return self.verdict.status


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """A span of which somebody said that what a check saw there was expected."""

    id: int
    subject: str
    check: str
    since: datetime
    until: datetime
    by: str
    note: str
    at: datetime


OutboxState = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message for one channel. `attempts` failed since `first_at`; `error` is the last one's.

    `lease` names who may deliver it until `lease_until`, and `receipt` is what the channel gave for
    the incident's message before. `sends` counts how often it was accepted.
    """

    id: int
    subject: str
    channel: str
    message: Message
    state: OutboxState
    created_at: datetime
    next_at: datetime
    attempts: int
    first_at: datetime | None
    last_at: datetime | None
    sends: int
    lease: str
    lease_until: datetime | None
    error: str
    receipt: Mapping[str, str] = field(default_factory=dict)
