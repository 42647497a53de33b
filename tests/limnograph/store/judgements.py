"""What tests of verdicts, incidents and messages write into a store."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from checks.core import Check, Severity, Status, Verdict
from checks.forms import CheckForm
from exporters.core import Message
from limnograph.store import Judgement, OutboxRow, Record, Seen, Store
from monitors.core import Cursor, Measurement, Outcome, Reading, Subject
from tests.limnograph.store.samples import NOW, POSTS

FAIL = Verdict(Status.FAIL, "3 rows, at least 10 are expected", observed=3.0, expected="10 or more")
WARN = Verdict(Status.WARN, "9 rows are few", observed=9.0)
PASS = Verdict(Status.PASS, "12 rows", observed=12.0)
ERROR = Verdict.error("the storage does not answer", "see whether it runs")
UNKNOWN = Verdict.not_assessed("history is short", "wait")
LEASE = timedelta(minutes=5)


def minute(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def to_slack(message: Message) -> Sequence[str]:
    return ["slack"]


def check(id: str = "posts-a-day", subject: Subject = POSTS, **more: Any) -> Check:
    known = {"severity": Severity.CRITICAL, "owner": "search", "tags": ("gold",)}
    form = CheckForm(type="volume")
    return Check(id, "volume", "volume", form, subject, **{**known, **more})


def judgement(
    *verdicts: Verdict,
    at: datetime = NOW,
    of: Check | None = None,
    seen: Seen | None = None,
    position: str | None = None,
    measured: Sequence[Measurement] = (),
    outcome: Outcome = Outcome.ASSESSED,
    run: str = "run-1",
    routes: Callable[[Message], Sequence[str]] = to_slack,
    silent: bool = False,
    again: bool = False,
) -> Judgement:
    """One evaluation of a check; with a `position` one over rows."""
    of = of or check()
    cursor = Cursor(position) if position else None
    reading = Reading(outcome=outcome, measurements=tuple(measured), cursor=cursor)
    record = Record(of.subject, of.monitor, run, reading, seen or Seen(), "UTC", at)
    return Judgement(record, of, verdicts, 0.25, routes, silent, again)


def judge(store: Store, *verdicts: Verdict, **more: Any) -> bool:
    """Write one evaluation; whether it was written."""
    (written,) = store.judge([judgement(*verdicts, **more)])
    return written


def told(store: Store) -> list[str]:
    """What was or is to be told, in order."""
    return [str(row.message.change) for row in store.outbox()]


def taken(store: Store, at: datetime, limit: int = 100) -> list[OutboxRow]:
    return store.claim(at, LEASE, limit)
