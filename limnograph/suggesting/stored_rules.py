"""Checks of what is stored of a table: when data comes, how much of it, and how it is defined."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from checks.schema.types import normal
from limnograph.proposals.cadence import Cadence, learn, short
from limnograph.suggesting.log_past import ROWS, LogPast
from limnograph.suggesting.proposal import Proposal, written
from monitors.core import Definition

LEAST_SPAN = timedelta(days=1)
"""History below which nothing is learned of when data comes."""
LEAST_COMMITS = 10
"""Commits below which a table is not called append-only."""
MOST_COLUMNS = 200
"""Columns up to which a contract names each."""

_ROOM = (1.5, 3.0)  # times the longest silence: at first, and when widened
_LEAST_AGE = timedelta(minutes=30)
_ROUNDED = (
    (timedelta(hours=4), timedelta(minutes=15)),
    (timedelta(days=4), timedelta(hours=1)),
    (timedelta.max, timedelta(days=1)),
)
_GRACE = (60, 180)  # minutes after the latest time of day, rounded up to half an hour
_LAST_MINUTE = 23 * 60
_BUSY = 0.9  # of the hours with commits: it is worth judging each


def freshness(past: LogPast, wide: int = 0) -> Iterator[Proposal]:
    """When data is due, by the hour of its days or by its age; the first that holds is enough."""
    times = past.changes
    if not times or times[-1] - times[0] < LEAST_SPAN:
        return
    found = learn(times, past.time_zone, past.now)
    if found is None:
        return
    seen = f"{found.commits:,} commits"
    if found.rhythm in ("daily", "weekdays") and (by := _latest(found, times, wide)):
        days = {"days": "weekdays"} if found.rhythm == "weekdays" else {}
        fields = written("freshness", "fresh-by", "warning", by=by, **days)
        every = "on each weekday" if days else "on each day"
        why = f"Written {every}, of {seen}; {by} leaves room after the latest."
        yield Proposal(("freshness",), fields, (why,), learned=True, wide=wide)
    longest = max(after - before for before, after in pairwise(times))
    age = _age(longest, wide)
    fields = written("freshness", "fresh", "warning", max_age=age)
    why = f"The longest silence between {seen} was {short(longest)}; {age} leaves room above."
    yield Proposal(("freshness",), fields, (why,), learned=True, wide=wide)


def _latest(found: Cadence, times: list[datetime], wide: int) -> str | None:
    """A time of day by which the first commit of each day was there; None late in the day."""
    zone = ZoneInfo(found.time_zone)
    first: dict[object, int] = {}
    for at in times:
        local = at.astimezone(zone)
        minute = local.hour * 60 + local.minute
        first[local.date()] = min(first.get(local.date(), minute), minute)
    latest = -(-(max(first.values()) + _GRACE[wide]) // 30) * 30
    return f"{latest // 60:02}:{latest % 60:02}" if latest <= _LAST_MINUTE else None


def _age(longest: timedelta, wide: int) -> str:
    age = max(longest * _ROOM[wide], _LEAST_AGE)
    step = next(step for most, step in _ROUNDED if age < most)
    age = -(-age // step) * step
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if not age % size:
            return f"{age // size}{unit}"
    return f"{age // timedelta(minutes=1)}m"


def volume(past: LogPast, wide: int = 0) -> Iterator[Proposal]:
    """How many rows come in a day, and in an hour where nearly each has some."""
    looser = {"false_alarms": 0.3, "floor": 0.5} if wide else {}
    told = f"{len(past.facts):,} commits"
    for grain in ("day", "hour") if _is_busy(past) else ("day",):
        fields = written("volume", f"rows-by-{grain}", "warning", grain=grain, **looser)
        why = f"What is usual is learned; {told} are enough to begin."
        yield Proposal(("volume", grain), fields, (why,), learned=True, wide=wide)


def _is_busy(past: LogPast) -> bool:
    times = past.changes
    if not times:
        return False
    hours = {at.replace(minute=0, second=0, microsecond=0) for at in times}
    return len(hours) >= _BUSY * ((max(hours) - min(hours)) / timedelta(hours=1) + 1)


def growing(past: LogPast) -> Iterator[Proposal]:
    """The rows of a table to which is only appended do not become fewer."""
    facts = [fact for fact in past.facts if fact.changes_data]
    plain = all(fact.exact and fact.counted for fact in facts)
    if len(facts) < LEAST_COMMITS or not plain or past.rows is None:
        return
    if any(fact.deleted or fact.updated for fact in facts):
        return
    fields = written(
        "threshold", "rows-not-shrinking", "warning",
        metric=ROWS, aggregation="change", window="1d", comparison="below", fail=0,
    )  # fmt: skip
    why = f"None of {len(facts):,} commits updated or deleted a row."
    yield Proposal(("threshold", ROWS), fields, (why,))


def schema(past: LogPast) -> Iterator[Proposal]:
    """The columns as they are; and that no change breaks those who read them."""
    if not past.kept:
        return
    newest = past.kept[-1]
    columns = contract(newest)
    changes = len(past.kept) - 1
    told = f"The definition as of version {newest.version:,}, which changed {changes} times in "
    why = f"{told}{len(past.facts):,} commits." if changes else (
        f"The definition as of version {newest.version:,}, the same in {len(past.facts):,} commits."
    )  # fmt: skip
    named = {"columns": columns} if 0 < len(columns) <= MOST_COLUMNS else {}
    for forbidden in ({"forbid": "breaking"}, {}):
        fields = written("schema", "schema", "warning", **named, **forbidden)
        yield Proposal(("schema",), fields, (why,))


def contract(definition: Definition) -> dict[str, object]:
    """The columns of a definition by their paths, as a check of the schema names them."""
    found: dict[str, object] = {}
    for column in definition.columns:
        if len(column.path) != 1:
            continue
        try:
            normal(column.type)
        except ValueError:
            continue  # a type of a newer protocol
        name = column.path[0]
        path = f"`{name.replace('`', '``')}`" if set(name) & set(".`") else name
        required = {"type": column.type, "nullable": False}
        found[path] = column.type if column.nullable else required
    return found
