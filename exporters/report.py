"""The health report: stored readings in, one value out, the same for every output.

Answers from the store and costs no query. `build` judges, `to_json` and the renderers of
`exporters.report_text` and `exporters.report_markdown` only write down what it found.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from checks.core import Status
from exporters.history import HOUR, Bucket, TableHistory, midnight
from exporters.rules import (
    EARLIER,
    Trouble,
    TroubleKind,
    Window,
    is_late,
    recent_events,
    troubles,
)
from exporters.verdicts import Verdicts, one_json, time_text
from monitors.core import Event, Outcome, Problem

SCHEMA_VERSION = 1

_start = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Today:
    """Rows since local midnight, and what the same weekday usually had at the same time of day.

    Counts are None where unknown; `usual` is None while there are too few earlier weekdays.
    """

    date: date
    until: datetime | None
    inserted: int | None
    updated: int | None
    deleted: int | None
    net: int | None
    commits: int | None
    uncounted: int
    inexact: int
    usual: int | None

    @property
    def written(self) -> int | None:
        """Rows inserted or updated, which is what `usual` is about."""
        if self.uncounted or self.inserted is None or self.updated is None:
            return None
        return self.inserted + self.updated

    @property
    def ratio(self) -> float | None:
        """Written rows over the usual ones."""
        if self.written is None or not self.usual:
            return None
        return round(self.written / self.usual, 3)


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table: its history, today, and what is wrong or not known."""

    history: TableHistory
    readable: bool | None
    late: bool
    today: Today
    troubles: tuple[Trouble, ...]
    problems: tuple[Problem, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All tables at one moment; `troubles` are worst first, `data_as_of` is the newest reading.

    `checks` holds the newest verdict of each declared check, those that fail first.
    """

    generated_at: datetime
    data_as_of: datetime | None
    tables: tuple[TableReport, ...]
    troubles: tuple[Trouble, ...]
    checks: Verdicts

    @property
    def readable(self) -> int:
        """How many tables could be read at the last try."""
        return sum(table.readable is True for table in self.tables)

    @property
    def unreadable(self) -> int:
        """How many tables could not be read at the last try."""
        return sum(table.readable is False for table in self.tables)

    @property
    def late(self) -> int:
        """How many tables have passed their due time."""
        return sum(table.late for table in self.tables)

    @property
    def not_assessed(self) -> int:
        """How many things could not be assessed."""
        states = (problem.state for table in self.tables for problem in table.problems)
        return sum(state == "not_assessed" for state in states)


def build(
    tables: Iterable[TableHistory],
    now: datetime,
    window: Window | None = None,
    checks: Verdicts | None = None,
) -> Report:
    """Judge every table at a moment; `window` says how far back the rules look.

    Tables may come from a generator: the report does not keep their hours and days.
    """
    window = window or Window()
    reports = tuple(_table(table, now, window) for table in tables)
    order = list(TroubleKind)
    found = sorted(
        (trouble for report in reports for trouble in report.troubles),
        key=lambda t: (order.index(t.kind), t.table, t.since),
    )
    read = [report.history.read_at for report in reports if report.history.read_at]
    return Report(now, max(read, default=None), reports, tuple(found), checks or Verdicts(now, ()))


def _table(table: TableHistory, now: datetime, window: Window) -> TableReport:
    return TableReport(
        history=replace(table, hours=(), days=()),
        readable=not table.unreadable if table.outcomes else None,
        late=is_late(table, now),
        today=today(table, now),
        troubles=tuple(troubles(table, now, window)),
        problems=tuple(dict.fromkeys(problems(table, now))),
        events=tuple(recent_events(table, now, window.event_days)),
    )


def problems(table: TableHistory, now: datetime) -> list[Problem]:
    """What the last readings could not say, each with its reason and its mend."""
    if not table.outcomes:
        never = "no cycle has read this table yet"
        return [Problem("table", "not_assessed", never, "run `limnograph run`")]
    found = []
    for outcome in table.outcomes:
        if outcome.outcome is Outcome.NOT_ASSESSED:
            found.append(Problem(outcome.monitor, "not_assessed", outcome.reason, outcome.mend))
        found.extend(outcome.problems)
    if table.stale(now) and not table.unreadable:
        reason = "the last reading is too old to tell whether the table is late"
        found.append(Problem("lateness", "not_assessed", reason, "run `limnograph run`"))
    return found


def today(table: TableHistory, now: datetime) -> Today:
    """The local day of `now`, as far as it was read."""
    zone = ZoneInfo(table.time_zone)
    day = now.astimezone(zone).date()
    start = midnight(day, zone)
    until = min(now, table.counted_at) if table.counted_at else None
    if until is None or until < start:
        return Today(day, None, None, None, None, None, None, 0, 0, None)
    bucket = next((b for b in table.days if b.start.astimezone(zone).date() == day), None)
    bucket = bucket or Bucket(start, 0, 0, 0, 0, 0)
    return Today(
        day,
        until,
        bucket.inserted,
        bucket.updated,
        bucket.deleted,
        bucket.net,
        bucket.commits,
        bucket.uncounted,
        bucket.inexact,
        _usual_by(table, day, until, zone),
    )


def _usual_by(table: TableHistory, day: date, until: datetime, zone: ZoneInfo) -> int | None:
    """The median of the earlier same weekdays up to the same time on the clock."""
    if not table.hours:
        return None
    clock = until.astimezone(zone).time()
    earlier = []
    week = day - timedelta(days=7)
    while (start := midnight(week, zone)) >= table.hours[0].start:
        end = datetime.combine(week, clock, tzinfo=zone).astimezone(UTC)
        rows = _between(table.hours, start, end)
        if rows is not None:
            earlier.append(rows)
        week -= timedelta(days=7)
    return round(median(earlier)) if len(earlier) >= EARLIER else None


def _between(hours: Sequence[Bucket], start: datetime, end: datetime) -> float | None:
    """Rows written between two times; an hour that is cut counts by its share of the time."""
    total = 0.0
    first = bisect_right(hours, start - HOUR, key=_start)
    for bucket in hours[first : bisect_left(hours, end, key=_start)]:
        if bucket.written is None:
            return None
        share = (min(end, bucket.start + HOUR) - max(start, bucket.start)) / HOUR
        total += bucket.written * share
    return total


def to_json(report: Report) -> dict[str, Any]:
    """The report as one JSON document with a stable order of keys."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": time_text(report.generated_at),
        "data_as_of": time_text(report.data_as_of),
        "summary": {
            "tables": len(report.tables),
            "readable": report.readable,
            "late": report.late,
            "trouble": len(report.troubles),
            "not_assessed": report.not_assessed,
            "checks": {str(status): report.checks.count(status) for status in Status},
        },
        "checks": [one_json(one) for one in report.checks.judged],
        "tables": [_table_json(table) for table in report.tables],
        "troubles": [_trouble_json(trouble) for trouble in report.troubles],
    }


def _table_json(table: TableReport) -> dict[str, Any]:
    history, failed = table.history, table.history.unreadable
    return {
        "table": history.name,
        "uri": history.uri,
        "owner": history.owner,
        "tags": list(history.tags),
        "time_zone": history.time_zone,
        "readable": table.readable,
        "reason": failed.reason if failed else "",
        "mend": failed.mend if failed else "",
        "read_at": time_text(history.read_at),
        "rows": history.rows,
        "files": history.files,
        "size_bytes": history.size_bytes,
        "last_commit": time_text(history.last_commit),
        "last_event": time_text(history.last_event),
        "due": time_text(history.due),
        "due_confidence": history.due_confidence,
        "late": table.late,
        "today": _today_json(table.today),
        "problems": [
            {"what": p.what, "state": p.state, "reason": p.reason, "mend": p.mend}
            for p in table.problems
        ],
        "events": [
            {"kind": str(e.kind), "at": time_text(e.at), "message": e.message} for e in table.events
        ],
        "troubles": [str(trouble.kind) for trouble in table.troubles],
    }


def _today_json(day: Today) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "until": time_text(day.until),
        "inserted": day.inserted,
        "updated": day.updated,
        "deleted": day.deleted,
        "net": day.net,
        "commits": day.commits,
        "uncounted": day.uncounted,
        "inexact": day.inexact,
        "usual": day.usual,
        "ratio": day.ratio,
    }


def _trouble_json(trouble: Trouble) -> dict[str, Any]:
    return {
        "table": trouble.table,
        "kind": str(trouble.kind),
        "since": time_text(trouble.since),
        "observed": _value(trouble.observed),
        "expected": _value(trouble.expected),
        "message": trouble.message,
        "mend": trouble.mend,
    }


def _value(value: int | datetime | None) -> int | str | None:
    return time_text(value) if isinstance(value, datetime) else value
