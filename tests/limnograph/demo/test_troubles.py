from datetime import UTC, datetime, timedelta

import pytest

from limnograph.demo.lakehouse import HOUR, TABLES, ZONE, Act, Step, named, steps
from limnograph.demo.troubles import (
    ALL,
    SILENCE,
    WHERE,
    Trouble,
    first_look,
    from_json,
    planted,
    to_json,
    troubled,
)

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def _plan(trouble: Trouble) -> tuple[list[Step], list[Step]]:
    table = named(WHERE[trouble])
    usual = steps(table, 1, NOW)
    return usual, troubled(table, usual, NOW, {trouble})


def test_each_trouble_has_a_table_of_its_own() -> None:
    assert set(WHERE) == ALL
    assert len(set(WHERE.values())) == len(ALL)


def test_a_table_without_trouble_keeps_its_plan() -> None:
    for table in TABLES:
        usual = steps(table, 1, NOW)
        assert troubled(table, usual, NOW, ()) == usual
        if table.name not in WHERE.values():
            assert troubled(table, usual, NOW, ALL) == usual


def test_the_late_table_is_silent_for_six_hours_but_still_compacted() -> None:
    now = datetime(2026, 11, 20, 4, tzinfo=UTC)
    table = named(WHERE[Trouble.LATE])
    plan = troubled(table, steps(table, 1, now), now, {Trouble.LATE})
    assert [step.act for step in plan if step.at >= now - SILENCE] == [Act.COMPACT]
    assert [step.batch for step in plan if step.rows][-1] == now - SILENCE - HOUR


def test_the_dropped_day_is_yesterday_with_a_quarter_of_its_rows() -> None:
    usual, plan = _plan(Trouble.DROP)
    day = datetime(2026, 11, 19, tzinfo=ZONE).date()

    def rows(steps: list[Step]) -> int:
        return sum(s.rows for s in steps if s.batch.astimezone(ZONE).date() == day)

    assert rows(plan) == pytest.approx(rows(usual) / 4, rel=0.02)
    assert [s.rows for s in plan if s.batch.astimezone(ZONE).date() != day] == [
        s.rows for s in usual if s.batch.astimezone(ZONE).date() != day
    ]


def test_the_duplicate_load_brings_the_same_batch_again_within_its_hour() -> None:
    usual, plan = _plan(Trouble.DUPLICATE)
    (again,) = [step for step in plan if step not in usual]
    twice = [step for step in plan if step.batch == again.batch and step.act is Act.APPEND]
    assert [step.rows for step in twice] == [again.rows, again.rows]
    assert {step.at.replace(minute=0, second=0) for step in twice} == {NOW - 7 * HOUR}


@pytest.mark.parametrize(
    ("trouble", "act"),
    [
        (Trouble.RECREATED, Act.RECREATE),
        (Trouble.REPLACED, Act.REPLACE),
        (Trouble.FEED_OFF, Act.FEED_OFF),
        (Trouble.UNREADABLE, Act.BREAK),
    ],
)
@pytest.mark.parametrize("hour", [0, 4, 5, 6, 7, 23])
def test_the_others_happen_between_the_two_looks(trouble: Trouble, act: Act, hour: int) -> None:
    now = NOW.replace(hour=hour)
    table = named(WHERE[trouble])
    plan = troubled(table, steps(table, 1, now), now, {trouble})
    (incident,) = [step for step in plan if step.act is act]
    assert first_look(now) < incident.at < now
    assert planted({trouble}, now)[0].at == incident.at


def test_nothing_is_written_after_a_broken_commit() -> None:
    for hour in range(24):
        now = NOW.replace(hour=hour)
        table = named(WHERE[Trouble.UNREADABLE])
        plan = troubled(table, steps(table, 1, now), now, {Trouble.UNREADABLE})
        assert plan[-1].act is Act.BREAK


def test_the_truth_file_holds_what_was_planted() -> None:
    truths = planted(ALL, NOW)
    assert [truth.trouble for truth in truths] == list(Trouble)
    assert from_json(to_json(1, NOW, truths)) == truths


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 19, tzinfo=ZONE)),
        (datetime(2026, 11, 19, 23, tzinfo=UTC), datetime(2026, 11, 19, tzinfo=ZONE)),
        (datetime(2026, 11, 19, 22, tzinfo=UTC), datetime(2026, 11, 18, tzinfo=ZONE)),
        (datetime(2026, 10, 26, 6, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=ZONE)),
    ],
)
def test_the_drop_is_on_the_last_whole_local_day(now: datetime, day: datetime) -> None:
    assert planted({Trouble.DROP}, now)[0].at == day


def test_the_two_looks_are_two_hours_apart() -> None:
    assert NOW - first_look(NOW) == timedelta(hours=2)
