"""What is old goes, what it told stays, and what people see never changes."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import delete, select

from limnograph.store import Keep, OutcomeRow, Policy, Store, open_store
from limnograph.store.engine import Database
from limnograph.store.location import locate
from limnograph.store.pruning import BATCH
from limnograph.store.schema import METADATA, bucket
from monitors.core import Definition, Metric, Outcome, Subject
from tests.limnograph.store.judgements import FAIL, PASS, check, judge, taken, to_slack
from tests.limnograph.store.samples import (
    LABELS,
    POSTS,
    ROWS,
    at,
    commit,
    gap,
    look,
    read,
    rows,
    write,
)

pytestmark = pytest.mark.wide

DAYS = timedelta(days=1)
KEEP = Keep(points=2 * DAYS, hourly=4 * DAYS, daily=30 * DAYS, rollup="max")
POLICY = Policy(KEEP, facts=4 * DAYS, definitions=4 * DAYS, events=4 * DAYS)
PEAK = replace(ROWS, rollup="max")
START = at("2026-03-01 00:00")
END = at("2026-03-10 12:00")


def history(store: Store, subject: Subject = POSTS) -> None:
    """Nine and a half days with a commit every 6 hours, the rows going up and down."""
    facts, measured = [], []
    for number in range(39):
        when = f"{START + timedelta(hours=6 * number, minutes=10):%Y-%m-%d %H:%M}"
        facts.append(commit(number, when, number))
        measured.append(rows((number * 7) % 11, when))
    reading = read("v38", 741, facts=tuple(facts), measurements=tuple(measured))
    assert write(store, reading, subject=subject, now=END)


def dump(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the store."""
    database = Database(locate(url))
    with database.reading() as connection:
        found = {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in METADATA.tables.items()
        }
    database.close()
    return found


def days(store: Store) -> list[tuple[str, float, float]]:
    found = store.history(POSTS.id, PEAK, "day")
    return [(f"{row.start:%d}", row.value, row.last) for row in found]


def test_points_become_hours_and_hours_become_days(store: Store) -> None:
    history(store)
    before = days(store)
    removed = store.prune(POLICY, END)
    assert (removed["point"], removed["hour"]) == (29, 20)
    kept = store.history(POSTS.id, PEAK, None)
    assert [row.grain for row in kept] == ["day"] * 5 + ["hour"] * 10 + [None] * 9
    assert days(store) == before
    assert len(before) == 10


def test_hours_in_which_nothing_changed_are_told_but_none_after_the_last_read(
    store: Store,
) -> None:
    write(store, read(measurements=(rows(5, "2026-03-01 09:10"),)), now=at("2026-03-01 12:30"))
    hours = store.history(POSTS.id, PEAK, "hour")
    assert [(f"{row.start:%H}", row.value, row.points) for row in hours] == [
        ("09", 5, 1),
        ("10", 5, 0),
        ("11", 5, 0),
        ("12", 5, 0),
    ]
    failed = OutcomeRow(POSTS.id, "ingestion", Outcome.ERROR, END, "r")
    store.touch([failed])
    assert store.history(POSTS.id, PEAK, "hour") == hours
    since, until = at("2026-03-01 10:00"), at("2026-03-01 12:00")
    assert store.history(POSTS.id, PEAK, "hour", since=since, until=until) == hours[1:3]


def test_a_value_that_is_no_longer_known_is_not_carried_on(store: Store) -> None:
    write(store, read(measurements=(rows(5, "2026-03-01 09:10"),)), now=at("2026-03-01 12:30"))
    write(store, read(), now=at("2026-03-01 14:30"))
    assert [row.value for row in store.history(POSTS.id, PEAK, "hour")] == [5]


def test_a_sum_has_no_hours_without_points(store: Store) -> None:
    measured = (rows(5, "2026-03-01 09:10"), rows(6, "2026-03-01 09:20"))
    write(store, read(measurements=measured), now=at("2026-03-01 12:30"))
    found = store.history(POSTS.id, replace(ROWS, rollup="sum"), "hour")
    assert [row.value for row in found] == [11]


def test_what_people_see_stays(store: Store) -> None:
    history(store)

    def seen() -> list[Any]:
        return [
            store.latest(),
            store.counters(),
            store.outcomes(),
            store.revision(),
            look(store),
            store.subjects("table"),
        ]

    before = seen()
    assert store.prune(POLICY, END + 1000 * DAYS)["commit_fact"] == 39
    assert seen() == before
    assert [row.value for row in store.points(POSTS.id, ROWS.name)] == [2]


def test_a_dry_run_says_what_will_go_and_removes_nothing(store: Store, store_url: str) -> None:
    history(store)
    store.prune(POLICY, END)
    before = dump(store_url)
    later = END + DAYS
    foreseen = store.prune(POLICY, later, dry_run=True)
    assert dump(store_url) == before
    assert foreseen == store.prune(POLICY, later)
    assert set(foreseen) == {"point", "hour", "commit_fact", "bucket"}


def test_pruning_twice_is_pruning_once(store: Store, store_url: str) -> None:
    history(store)
    store.prune(POLICY, END)
    before = dump(store_url)
    assert store.prune(POLICY, END) == {}
    assert store.prune(POLICY, END - 3 * DAYS) == {}
    assert dump(store_url) == before


def test_wherever_it_is_stopped_it_goes_on_to_the_same_end(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    twin_url = f"sqlite:///{tmp_path / 'twin.db'}"
    with open_store(twin_url) as twin:
        for one in (store, twin):
            history(one)
            history(one, LABELS)
        whole = twin.prune(POLICY, END)
    parts: Counter[str] = Counter()
    # Each time it may begin one transaction more, the empty ones that end a task among them.
    for steps in range(1, 20):
        calls = iter([False] * steps)
        parts.update(store.prune(POLICY, END, stopped=partial(next, calls, True)))
    assert dict(parts) == whole
    assert dump(store_url) == dump(twin_url)


def test_two_at_once_remove_everything_once(store: Store) -> None:
    history(store)
    history(store, LABELS)
    before = days(store)
    foreseen = store.prune(
        replace(POLICY, gauges=replace(KEEP, hourly=30 * DAYS)), END, dry_run=True
    )
    gate = Barrier(2)

    def go() -> dict[str, int]:
        gate.wait(60)
        return store.prune(replace(POLICY, gauges=replace(KEEP, hourly=30 * DAYS)), END)

    with ThreadPoolExecutor(2) as pool:
        both = [future.result() for future in [pool.submit(go), pool.submit(go)]]
    assert {name: sum(one.get(name, 0) for one in both) for name in foreseen} == foreseen
    assert days(store) == before


def test_readings_are_written_while_it_prunes(store: Store) -> None:
    history(store)
    gate = Barrier(2)

    def read_on() -> None:
        gate.wait(60)
        for number in range(39, 70):
            when = f"{START + timedelta(hours=6 * number, minutes=10):%Y-%m-%d %H:%M}"
            measured = rows((number * 7) % 11, when)
            facts = (commit(number, when, number),)
            reading = read(f"v{number}", 741 + number, facts=facts, measurements=(measured,))
            assert write(store, reading, now=END)

    def prune() -> None:
        gate.wait(60)
        for hours in range(0, 24 * 8, 48):
            store.prune(POLICY, END + timedelta(hours=hours))

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(read_on), pool.submit(prune)]:
            future.result()
    assert sum(inserted or 0 for _, inserted in sums(store, "day")) == sum(range(70))
    peaks = [
        max((number * 7) % 11 for number in range(4 * n, min(4 * n + 4, 70))) for n in range(18)
    ]
    carried = [((4 * n - 1) * 7) % 11 for n in range(1, 18)]
    expected = [peaks[0], *map(max, peaks[1:], carried)]
    assert [value for _, value, _ in days(store)] == expected


def test_more_points_than_one_transaction_takes(store: Store) -> None:
    first = at("2026-03-01 00:00")
    measured = tuple(
        ROWS(number % 7, at=first + timedelta(seconds=20 * number)) for number in range(BATCH + 500)
    )
    write(store, read(measurements=measured), now=END)
    before = days(store)
    assert store.prune(POLICY, END)["point"] == BATCH + 499
    assert days(store) == before


def test_each_metric_is_kept_as_its_policy_says(store: Store) -> None:
    size = Metric("lakehouse_table_size_bytes", "Size.")
    measured = [
        metric(hour, at=START + timedelta(hours=hour))
        for metric in (ROWS, size)
        for hour in range(5)
    ]
    write(store, read(measurements=tuple(measured)), now=END)
    long = replace(KEEP, points=30 * DAYS, hourly=30 * DAYS)
    store.prune(replace(POLICY, metrics={size.name: long}), END)
    assert len(store.points(POSTS.id, ROWS.name)) == 1
    assert len(store.points(POSTS.id, size.name)) == 5


def test_the_same_value_is_no_new_point_after_pruning(store: Store) -> None:
    history(store)
    store.prune(POLICY, END + 100 * DAYS)
    (kept,) = store.points(POSTS.id, ROWS.name)
    write(store, read(measurements=(rows(kept.value, "2026-07-01 00:00"),)))
    assert store.points(POSTS.id, ROWS.name) == [kept]


def test_a_point_that_comes_late_changes_no_hour_that_was_rolled_up(store: Store) -> None:
    history(store)
    store.prune(POLICY, END)
    before = days(store)
    write(store, read(measurements=(rows(99, "2026-03-02 09:00"), rows(2, "2026-03-10 12:10"))))
    assert days(store) == before
    store.prune(POLICY, END)
    assert days(store) == before
    assert 99 not in [row.value for row in store.points(POSTS.id, ROWS.name)]


def test_the_last_day_of_a_gauge_stays_as_what_is_in_force(store: Store) -> None:
    history(store)
    store.prune(POLICY, END + 40 * DAYS)
    assert [(row.grain, f"{row.start:%d}") for row in store.history(POSTS.id, PEAK, None)] == [
        ("day", "10")
    ]


def sums(store: Store, grain: Any, zone: str = "UTC") -> list[tuple[datetime, int | None]]:
    return [(row.start, row.inserted) for row in store.buckets(POSTS.id, grain, zone)]


def test_days_stand_when_their_facts_are_gone(store: Store) -> None:
    history(store)
    before = sums(store, "day"), sums(store, "day", "Europe/Berlin")
    assert store.prune(POLICY, END)["commit_fact"] == 22
    assert min(fact.at for fact in store.facts(POSTS.id)) == at("2026-03-06 12:10")
    assert (sums(store, "day"), sums(store, "day", "Europe/Berlin")) == before


def test_a_bucket_that_lost_facts_is_not_summed_from_the_rest(store: Store) -> None:
    history(store)
    before = sums(store, "day")
    store.prune(POLICY, END)
    # One of the facts that are gone comes back, and one of the same day is told anew.
    again = (commit(0, "2026-03-01 00:10", 0), commit(22, "2026-03-06 12:10", 1000))
    write(store, read("v39", 741, facts=again))
    assert sums(store, "day") == before
    store.prune(POLICY, END)
    assert sums(store, "day") == before
    write(store, read("v40", 741, facts=(commit(26, "2026-03-07 12:10", 1000),)))
    assert dict(sums(store, "day"))[at("2026-03-07 00:00")] == 24 + 25 + 1000 + 27


def test_days_of_a_new_zone_leave_out_those_that_lost_facts(store: Store) -> None:
    history(store)
    store.prune(POLICY, END)
    found = store.buckets(POSTS.id, "day", "Asia/Tokyo")
    assert found[0].start == at("2026-03-06 15:00")
    assert found[0].commits == 4


def test_a_fact_goes_only_when_its_sums_stand(store: Store, store_url: str) -> None:
    history(store)
    before = sums(store, "day")
    database = Database(locate(store_url))
    with database.writing() as connection:
        connection.execute(delete(bucket).where(bucket.c.start < at("2026-03-03 00:00")))
    database.close()
    assert sums(store, "day") != before
    store.prune(POLICY, END)
    assert sums(store, "day") == before


def test_the_hours_of_commits_stay_as_long_as_their_facts(store: Store) -> None:
    history(store)
    store.prune(replace(POLICY, facts=6 * DAYS), END)
    hours = [start for start, _ in sums(store, "hour")]
    facts = [fact.at.replace(minute=0) for fact in store.facts(POSTS.id)]
    assert hours == facts
    store.prune(replace(POLICY, facts=2 * DAYS), END)
    assert len(store.facts(POSTS.id)) == 9
    assert sums(store, "hour")[0][0] == at("2026-03-06 12:00")


def test_of_old_definitions_the_newest_stays(store: Store) -> None:
    old = [
        Definition(version, at(f"2026-03-0{day} 09:00"), "5f1d", ())
        for version, day in ((0, 1), (3, 2), (9, 8))
    ]
    write(store, read("v9", definitions=tuple(old)))
    assert store.prune(POLICY, END) == {"definition": 1}
    assert store.definitions(POSTS.id) == old[1:]


def test_events_go_by_when_they_were_told(store: Store) -> None:
    write(store, read(events=(gap("a", "2026-01-01 00:00"),)), now=END - 5 * DAYS)
    write(store, read(events=(gap("b", "2026-01-01 00:00"),)), now=END - DAYS)
    assert store.prune(POLICY, END) == {"event": 1}
    assert [row.key for row in store.events()] == ["b"]


@pytest.mark.parametrize(
    "keep",
    [
        pytest.param(lambda: Keep(points=100 * DAYS), id="hours shorter than points"),
        pytest.param(lambda: Keep(daily=DAYS), id="days shorter than hours"),
        pytest.param(lambda: Keep(points=timedelta(0)), id="nothing at all"),
    ],
)
def test_a_policy_that_would_lose_something_is_refused(keep: Callable[[], Keep]) -> None:
    with pytest.raises(ValueError, match="points go before hours"):
        keep()


def test_old_verdicts_go_but_the_one_in_force_stays(store: Store) -> None:
    for day, verdict in enumerate([PASS, FAIL, PASS, FAIL]):
        judge(store, verdict, at=START + day * DAYS, routes=lambda message: [])
    judge(store, FAIL, of=check("other"), at=START, routes=lambda message: [])
    policy = replace(POLICY, verdicts=2 * DAYS)
    assert store.prune(policy, END, dry_run=True) == {"verdict_log": 3}
    assert store.prune(policy, END) == {"verdict_log": 3}
    assert [one.at for one in store.verdict_history(POSTS.id, "posts-a-day")] == [START + 3 * DAYS]
    assert len(store.verdict_history(POSTS.id, "other")) == 1
    assert len(store.verdicts()) == 2


def test_incidents_that_are_over_go_with_all_that_was_told_of_them(store: Store) -> None:
    judge(store, FAIL, at=START)
    judge(store, PASS, at=START + DAYS)
    judge(store, FAIL, of=check("open"), at=START)
    judge(store, FAIL, of=check("silent"), at=START, silent=True)
    store.summarise("run-1", to_slack, START)
    for _ in range(2):
        for row in taken(store, START + DAYS):
            store.delivered(row.id, {"ts": "1"}, row.message.at, row.lease)
    judge(store, PASS, of=check("silent"), at=START + DAYS)
    policy = replace(POLICY, incidents=2 * DAYS)
    # The summary goes, and both messages of the incident that is over; one message still waits.
    gone = {"outbox": 3, "incident": 2}
    assert store.prune(policy, END, dry_run=True) == gone
    assert store.prune(policy, END) == gone
    assert [one.check_id for one in store.incidents(open_only=False)] == ["open"]
    assert [row.state for row in store.outbox()] == ["delivered", "waiting"]
    assert store.prune(policy, END) == {}


def test_a_message_that_nobody_could_deliver_outlives_its_incident(store: Store) -> None:
    judge(store, FAIL, at=START)
    judge(store, PASS, at=START + DAYS)
    (row,) = taken(store, START)
    store.failed(row.id, "down", START, START, row.lease)
    assert store.prune(replace(POLICY, incidents=2 * DAYS), END) == {"incident": 1}
    assert len(taken(store, END)) == 1
