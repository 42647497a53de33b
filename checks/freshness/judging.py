"""Is the newest data late? What was declared, what is usual, and the verdict.

Data is judged as of the last reading: of what came after it nobody knows, so it is not late yet.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from checks.core import Check, Past, Status, Verdict
from checks.freshness.calendar import Calendar
from checks.freshness.demands import Demand, demands
from checks.freshness.form import FreshnessForm
from checks.freshness.learned import LEARN, LEARN_RARE, LEAST_HOURS, usual
from checks.freshness.newest import Newest, newest_commit, newest_event
from checks.freshness.words import USUALLY, Words, mend
from checks.wording import length
from monitors.core import EventKind
from monitors.freshness import slot


@dataclass(frozen=True, slots=True)
class Outlook:
    """By when data is due: what was declared, the earliest first, and what is usual."""

    declared: Sequence[Demand]
    usual: Demand | None
    why_not: str = ""

    @property
    def first(self) -> Demand | None:
        """What is due next."""
        every = [*self.declared, *([self.usual] if self.usual else [])]
        return min(every, key=lambda demand: demand.due, default=None)


def judge(check: Check, past: Past) -> Sequence[Verdict]:
    """One verdict: whether new data is late."""
    form = check.form
    assert isinstance(form, FreshnessForm)
    look = shlex.join(["limnograph", "report", "--only", check.subject.name])
    if past.unreadable is not None:
        return (Verdict.error(*past.unreadable, look=look),)
    if past.read_at is None:
        return (Verdict.not_assessed("the table was never read", "let it run", look=look),)
    newest = newest_event(past) if form.of == "events" else newest_commit(past)
    if isinstance(newest, Verdict):
        return (replace(newest, look=look),)
    calendar = form.calendar(check.subject.time_zone)
    outlook = _outlook(form, calendar, newest, past, check.id)
    verdict = _verdict(form, outlook, newest, _horizon(past), calendar.time_zone)
    late = verdict.status in (Status.FAIL, Status.WARN)
    if late and newest.at is not None and form.of == "commits":
        verdict = _unless_unseen(form, calendar, outlook, newest.at, past, verdict)
    return (replace(verdict, look=look),)


def _outlook(
    form: FreshnessForm, calendar: Calendar, newest: Newest, past: Past, check: str
) -> Outlook:
    declared = sorted(demands(form, calendar, newest.base), key=lambda demand: demand.due)
    if not form.is_learned:
        return Outlook(declared, None)
    if newest.at is None:
        return Outlook(declared, None, "no commit has changed data yet, so nothing is usual")
    spans = past.expected(check)
    incidents = [span for span in past.incidents(check) if span not in spans]
    found = usual(_commits(past, newest.at), calendar, form.false_alarms, incidents)
    if found.due is None:
        return Outlook(declared, None, found.reason)
    return Outlook(declared, Demand(newest.at, found.due, USUALLY))


def _commits(past: Past, newest: datetime) -> Sequence[datetime]:
    """The commits to learn from, up to the newest: as many weeks before it, however old it is."""
    times = [at for at in past.commit_times(newest - LEARN) if at <= newest]
    if len({slot(at) for at in times}) < LEAST_HOURS:
        times = [at for at in past.commit_times(newest - LEARN_RARE) if at <= newest]
    return times if times and times[-1] == newest else [*times, newest]


def _verdict(
    form: FreshnessForm, outlook: Outlook, newest: Newest, horizon: datetime, zone: str
) -> Verdict:
    status, demand = _status(form, outlook, horizon)
    window = (min(newest.base, horizon), horizon)
    if demand is None:
        reason = outlook.why_not or "no day is left on which data is due"
        return Verdict.not_assessed(reason, "let it run", observed=newest.at, window=window)
    words = Words("commit" if form.of == "commits" else "event", zone, horizon)
    if newest.at is None and status is Status.PASS:
        reason = f"there is no {words.noun} yet; the first is {words.due(demand)}"
        return Verdict.not_assessed(reason, "let it run", window=window)
    return Verdict(
        status,
        words.reason(status, demand, newest.at),
        "" if status is Status.PASS else mend(form, demand, newest),
        observed=newest.at,
        expected=words.expected(demand),
        window=window,
        detail=_detail(outlook, demand, horizon),
    )


def _status(
    form: FreshnessForm, outlook: Outlook, horizon: datetime
) -> tuple[Status, Demand | None]:
    """How it stands, and by which demand. What is declared wins over what is usual."""
    for demand in outlook.declared:
        if horizon > demand.due:
            return Status.FAIL, demand
    if outlook.usual is not None and horizon > outlook.usual.due:
        return (Status.WARN if form.is_declared else Status.FAIL), outlook.usual
    first = outlook.first
    if first is None or form.warn_before is None:
        return Status.PASS, first
    if horizon >= max(first.start, first.due - length(form.warn_before)):
        return Status.WARN, first
    return Status.PASS, first


def _detail(outlook: Outlook, demand: Demand, horizon: datetime) -> dict[str, object]:
    detail: dict[str, object] = {
        "due": demand.due,
        "rule": demand.rule,
        "late_seconds": max(0.0, (horizon - demand.due).total_seconds()),
        "judged_at": horizon,
    }
    if outlook.usual is not None:
        detail["usually_due"] = outlook.usual.due
    elif outlook.why_not:
        detail["not_learned"] = outlook.why_not
    return detail


def _unless_unseen(
    form: FreshnessForm,
    calendar: Calendar,
    outlook: Outlook,
    newest: datetime,
    past: Past,
    verdict: Verdict,
) -> Verdict:
    """Not assessed, where a commit that nobody saw would have been new enough."""
    unseen = [e for e in past.events(newest) if e.kind is EventKind.LOG_CLEANED and e.at > newest]
    if not unseen:
        return verdict
    until, usual_ = max(event.at for event in unseen), outlook.usual
    later = Outlook(
        sorted(demands(form, calendar, until), key=lambda demand: demand.due),
        None if usual_ is None else replace(usual_, due=usual_.due + (until - newest)),
    )
    if _status(form, later, _horizon(past))[0] is not Status.PASS:
        return verdict
    return Verdict.not_assessed(
        f"{unseen[-1].message}; the newest commit may have been among them",
        "read the table more often than its log is cleaned",
        observed=newest,
        window=verdict.window,
    )


def _horizon(past: Past) -> datetime:
    """Up to when the table is known."""
    return min(past.read_at or past.now, past.now)
