"""The rules of the report on the demo's plan, at any hour: what is planted is found, no more."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest

from exporters.history import HOUR, Bucket, TableHistory
from exporters.rules import drops, duplicates, late
from limnograph.demo.lakehouse import TABLES, ZONE, Act, Step, Table, steps
from limnograph.demo.troubles import ALL, Planted, Trouble, planted, troubled
from monitors.freshness import expectation, hours_seen

DATED = {Trouble.DROP, Trouble.DUPLICATE}
CHANGES = frozenset(Act) - {Act.CREATE, Act.COMPACT, Act.FEED_OFF, Act.BREAK}


def _written(step: Step) -> int:
    match step.act:
        case Act.APPEND | Act.OVERWRITE | Act.RECREATE | Act.REPLACE:
            return step.rows
        case Act.MERGE:
            return step.rows + step.changed
        case Act.UPDATE:
            return 8
    return 0


def _history(table: Table, plan: Iterable[Step], now: datetime) -> TableHistory:
    """What the store would hold of a table, had it read every commit of the plan."""
    hours: dict[datetime, int] = defaultdict(int)
    days: dict[datetime, int] = defaultdict(int)
    for step in plan:
        if step.act is not Act.BREAK:
            hours[step.at.replace(minute=0, second=0)] += _written(step)
            days[_midnight(step.at)] += _written(step)
    changes = [step.at for step in plan if step.act in CHANGES]
    expected = expectation(hours_seen((), changes, now), ZONE.key)
    return TableHistory(
        table.name,
        time_zone=ZONE.key,
        last_commit=max(changes),
        due=expected.due if expected else None,
        counted_at=now,
        hours=tuple(Bucket(at, rows, 0, 0, rows, 1) for at, rows in sorted(hours.items())),
        days=tuple(Bucket(at, rows, 0, 0, rows, 1) for at, rows in sorted(days.items())),
    )


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(ZONE).date(), time(), ZONE)


Key = tuple[str, str, datetime | None]


def _found(seed: int, now: datetime, troubles: frozenset[Trouble]) -> set[Key]:
    found: set[Key] = set()
    for table in TABLES:
        plan = list(troubled(table, steps(table, seed, now), now, troubles))
        history = _history(table, plan, now)
        found |= {(t.table, str(t.kind), None) for t in late(history, now)}
        for trouble in (*drops(history, now), *duplicates(history, now)):
            found.add((trouble.table, str(trouble.kind), trouble.since))
    return found


def _keys(truths: Iterable[Planted]) -> set[Key]:
    dated = {(t.table, str(t.trouble), t.at) for t in truths if t.trouble in DATED}
    return dated | {(t.table, str(t.trouble), None) for t in truths if t.trouble is Trouble.LATE}


USUAL = datetime(2026, 7, 1, tzinfo=UTC)
AUTUMN, SPRING = datetime(2026, 10, 25, tzinfo=UTC), datetime(2027, 3, 28, tzinfo=UTC)
FEW = [USUAL + 5 * HOUR, USUAL + timedelta(days=3, hours=22), AUTUMN + 26 * HOUR, SPRING + 3 * HOUR]


def _more() -> list[datetime]:
    """Hours of a day, midnights of a week, and hours and weeks around the changes of the clock."""
    more = [USUAL + timedelta(days=day, hours=4 * day) for day in range(7)]
    more += [USUAL + timedelta(days=day, hours=22) for day in (0, 4, 5)]
    for change in (AUTUMN, SPRING):
        more += [change + hours * HOUR for hours in (-2, 1, 6, 9, 31)]
        more += [change + timedelta(weeks=week, hours=7) for week in (1, 4)]
    return more


def _check(now: datetime) -> None:
    seed = Random(str(now)).randrange(1000)
    assert _found(seed, now, frozenset()) == set()
    assert _found(seed, now, ALL) == _keys(planted(ALL, now))


@pytest.mark.parametrize("now", FEW, ids=str)
def test_planted_silence_and_volumes_are_found_and_nothing_else(now: datetime) -> None:
    _check(now)


@pytest.mark.slow
@pytest.mark.parametrize("now", _more(), ids=str)
def test_the_same_at_many_more_hours(now: datetime) -> None:
    _check(now)
