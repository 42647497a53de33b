"""What a check is told of a table's past, out of a real store."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from checks.core import Sample, Slot, Span, Status, Verdict
from limnograph.past import Attempt, StoredPast
from limnograph.settings import TableSettings
from limnograph.store import Store
from monitors import freshness, ingestion
from monitors.core import (
    CommitFact,
    Cursor,
    Definition,
    Event,
    EventKind,
    Metric,
    Outcome,
    Reading,
)
from tests.limnograph.store.judgements import check, judge
from tests.limnograph.store.samples import NOW, POSTS, at, commit, gap, read, write

BERLIN = "Europe/Berlin"
SHARE = Metric("lakehouse_share", "Of a column.", labels=("catalog", "schema", "table", "column"))
METRICS = {metric.name: metric for metric in (*ingestion.METRICS, SHARE)}
UNKNOWN = {"updated": None, "deleted": None, "net": None, "exact": False, "reason": "merge"}
TABLE = TableSettings(
    POSTS.name,
    "/lake/posts",
    monitors={"ingestion": ingestion.Config(), "freshness": freshness.Config()},
)


def past(
    store: Store, now: datetime = NOW, attempts: dict[str, Attempt] | None = None, **more: Any
) -> StoredPast:
    return StoredPast(store, replace(TABLE, **more), METRICS, now, attempts or {})


def commits(store: Store, *facts: CommitFact, now: datetime = NOW, **more: Any) -> None:
    """What a reading at `now` brought, after those before it."""
    write(store, read(f"v{facts[-1].version}", facts=facts, **more), now=now)


def told(slots: Any, form: str = "%d %H") -> list[tuple[str, int | None]]:
    return [(f"{slot.start:{form}}", slot.value) for slot in slots]


# Hours and days


def test_every_hour_from_the_first_commit_to_the_last_reading_is_there(store: Store) -> None:
    commits(store, commit(0, "2026-03-10 08:10", 5), commit(1, "2026-03-10 08:50", 2))
    commits(store, commit(2, "2026-03-10 11:30", 4))
    slots = past(store).hours("inserted", at("2026-03-01 00:00"))
    assert told(slots) == [("10 08", 7), ("10 09", 0), ("10 10", 0), ("10 11", 4), ("10 12", 0)]
    assert [slot.commits for slot in slots] == [2, 0, 0, 1, 0]
    assert slots[0].end == slots[1].start


def test_hours_end_at_the_last_reading_and_not_at_the_present(store: Store) -> None:
    commits(store, commit(0, "2026-03-10 10:10", 5))
    slots = past(store, NOW + timedelta(hours=5)).hours("inserted", at("2026-03-01 00:00"))
    assert told(slots) == [("10 10", 5), ("10 11", 0), ("10 12", 0)]


def test_a_table_with_a_longer_past_begins_with_the_first_whole_hour_asked_for(
    store: Store,
) -> None:
    commits(store, commit(0, "2026-03-08 10:10", 5), commit(1, "2026-03-10 11:10", 6))
    asked = past(store)
    assert told(asked.hours("inserted", at("2026-03-10 10:00")))[0] == ("10 10", 0)
    assert told(asked.hours("inserted", at("2026-03-10 10:01")))[0] == ("10 11", 6)


def test_of_a_table_that_was_never_counted_there_are_no_hours(store: Store) -> None:
    assert past(store).hours("inserted", at("2026-03-01 00:00")) == ()
    assert past(store).days("inserted", at("2026-03-01 00:00")) == ()


def test_without_a_reading_that_succeeded_no_hour_is_zero(store: Store) -> None:
    facts = (commit(0, "2026-03-10 08:10", 5),)
    write(store, Reading(outcome=Outcome.NOT_ASSESSED, facts=facts, cursor=Cursor("v0")))
    assert past(store).hours("inserted", at("2026-03-01 00:00")) == ()


@pytest.mark.parametrize(
    ("count", "value"),
    [("written", 6), ("inserted", 5), ("updated", 1), ("deleted", 2), ("net", 3)],
)
def test_every_count_is_that_of_its_rows(store: Store, count: Any, value: int) -> None:
    commits(store, commit(0, "2026-03-10 12:00", 5, updated=1, deleted=2, net=3))
    asked = past(store)
    assert told(asked.hours(count, at("2026-03-01 00:00"))) == [("10 12", value)]
    assert told(asked.days(count, at("2026-03-01 00:00"))) == [("10 00", value)]


def test_an_hour_with_a_commit_that_could_not_be_counted_is_unknown(store: Store) -> None:
    commits(
        store,
        commit(0, "2026-03-10 10:10", 5),
        commit(1, "2026-03-10 11:10", 5),
        commit(2, "2026-03-10 11:20", 9, **UNKNOWN),
    )
    slots = past(store).hours("inserted", at("2026-03-01 00:00"))
    assert told(slots) == [("10 10", 5), ("10 11", None), ("10 12", 0)]
    assert slots[1].commits == 2


def test_hours_of_which_commits_are_lost_are_unknown_and_never_zero(store: Store) -> None:
    commits(store, commit(0, "2026-03-10 06:10", 5), commit(1, "2026-03-10 07:10", 5))
    lost = Event(
        EventKind.LOG_CLEANED, "2", at("2026-03-10 11:00"), "cleaned", {"first": 2, "last": 4}
    )
    commits(store, commit(5, "2026-03-10 10:10", 7), events=(lost,))
    slots = past(store).hours("inserted", at("2026-03-01 00:00"))
    assert told(slots) == [
        ("10 06", 5),
        ("10 07", None),
        ("10 08", None),
        ("10 09", None),
        ("10 10", None),
        ("10 11", 0),
        ("10 12", 0),
    ]


def test_the_time_between_a_table_and_the_one_after_it_is_unknown(store: Store) -> None:
    commits(store, commit(0, "2026-03-10 07:10", 5), commit(1, "2026-03-10 08:10", 5))
    new = Event(EventKind.RECREATED, "r", at("2026-03-10 11:00"), "recreated")
    commits(store, commit(0, "2026-03-10 10:10", 7), events=(new,), recreated=True)
    slots = past(store).hours("inserted", at("2026-03-01 00:00"))
    assert [value for _, value in told(slots)] == [5, None, None, None, 0, 0]


def test_days_are_those_of_the_tables_time_zone(store: Store) -> None:
    write(
        store,
        read("v1", facts=(commit(0, "2026-03-08 22:59", 5), commit(1, "2026-03-08 23:00", 7))),
        time_zone=BERLIN,
    )
    slots = past(store, time_zone=BERLIN).days("inserted", at("2026-03-01 00:00"))
    assert slots == [
        Slot(at("2026-03-07 23:00"), at("2026-03-08 23:00"), 5, 1),
        Slot(at("2026-03-08 23:00"), at("2026-03-09 23:00"), 7, 1),
        Slot(at("2026-03-09 23:00"), at("2026-03-10 23:00"), 0, 0),
    ]


@pytest.mark.parametrize(
    ("now", "lengths"),
    [("2026-03-30 12:00", [24, 23, 24]), ("2026-10-26 12:00", [24, 25, 24])],
)
def test_the_day_on_which_clocks_change_is_shorter_or_longer(
    store: Store, now: str, lengths: list[int]
) -> None:
    end = at(now)
    before = f"{end - timedelta(days=2):%Y-%m-%d} 12:00"
    write(store, read("v0", facts=(commit(0, before, 5),)), time_zone=BERLIN, now=end)
    slots = past(store, end, time_zone=BERLIN).days("inserted", end - timedelta(days=20))
    assert [(slot.end - slot.start) / timedelta(hours=1) for slot in slots] == lengths
    assert [slot.value for slot in slots] == [5, 0, 0]
    hours = past(store, end, time_zone=BERLIN).hours("inserted", slots[1].start)
    assert len(hours) == lengths[1] + 15 - (lengths[1] > 24)


def test_days_begin_with_the_first_whole_one_asked_for(store: Store) -> None:
    commits(store, commit(0, "2026-03-01 10:10", 5))
    asked = past(store)
    assert told(asked.days("inserted", at("2026-03-09 00:00"))) == [("09 00", 0), ("10 00", 0)]
    assert told(asked.days("inserted", at("2026-03-09 00:01"))) == [("10 00", 0)]


def test_a_zone_that_is_new_to_the_table_is_cut_from_all_its_commits(store: Store) -> None:
    commits(store, commit(0, "2026-03-09 23:30", 5))
    slots = past(store, time_zone=BERLIN).days("inserted", at("2026-03-01 00:00"))
    assert told(slots) == [("09 23", 5)]


# Commits, gauges, counters


def test_commits_that_changed_data_have_their_times_in_order(store: Store) -> None:
    commits(
        store,
        commit(0, "2026-03-10 09:00", 1),
        commit(1, "2026-03-10 08:00", 1),
        commit(2, "2026-03-10 10:00", 0, changes_data=False),
        commit(3, "2026-03-10 12:30", 1),
        commit(4, "2026-03-01 12:30", 1),
    )
    assert past(store).commit_times(at("2026-03-10 00:00")) == [
        at("2026-03-10 08:00"),
        at("2026-03-10 09:00"),
    ]


def rows(value: float, when: str) -> Reading:
    return Reading(measurements=(ingestion.ROWS(value, *POSTS.labels, at=at(when)),))


def three_values(store: Store) -> None:
    for value, when in ((5, "2026-03-10 08:00"), (7, "2026-03-10 10:00"), (6, "2026-03-10 11:00")):
        write(store, rows(value, when), now=at(when))


@pytest.mark.parametrize(
    ("since", "values"),
    [
        ("2026-03-10 07:00", [5, 7, 6]),
        ("2026-03-10 08:00", [5, 7, 6]),
        ("2026-03-10 09:00", [5, 7, 6]),
        ("2026-03-10 10:00", [7, 6]),
        ("2026-03-10 11:30", [6]),
    ],
)
def test_the_value_that_held_at_the_time_asked_for_comes_first(
    store: Store, since: str, values: list[float]
) -> None:
    three_values(store)
    found = past(store).samples(ingestion.ROWS.name, {}, at(since))
    assert {key: [one.value for one in some] for key, some in found.items()} == {(): values}


def test_no_value_lies_after_the_present(store: Store) -> None:
    three_values(store)
    found = past(store, at("2026-03-10 10:30")).samples(
        ingestion.ROWS.name, {}, at("2026-03-10 09:00")
    )
    assert found[()] == [Sample(at("2026-03-10 08:00"), 5), Sample(at("2026-03-10 10:00"), 7)]


def test_labels_beyond_the_tables_tell_series_apart(store: Store) -> None:
    measured = tuple(
        SHARE(value, *POSTS.labels, column, at=NOW) for column, value in (("id", 1), ("text", 0.5))
    )
    write(store, Reading(measurements=measured))
    asked = past(store)
    every = asked.samples(SHARE.name, {}, NOW)
    assert {key: some[-1].value for key, some in every.items()} == {("id",): 1, ("text",): 0.5}
    one = asked.samples(SHARE.name, {"column": "text"}, NOW)
    assert list(one) == [("text",)]
    assert asked.samples(SHARE.name, {"column": "none"}, NOW) == {}


def test_a_counter_has_its_total_now(store: Store) -> None:
    totals = {(ingestion.CHANGES.name, (*POSTS.labels, "insert")): 9.0}
    write(store, Reading(cursor=Cursor("v0", totals)))
    found = past(store).samples(
        ingestion.CHANGES.name, {"change": "insert"}, at("2026-01-01 00:00")
    )
    assert found == {("insert",): [Sample(NOW, 9.0)]}


def test_a_metric_without_values_has_none(store: Store) -> None:
    assert past(store).samples(ingestion.ROWS.name, {}, NOW) == {}
    assert past(store).latest(ingestion.ROWS.name) is None


def test_the_latest_is_that_of_the_table_alone(store: Store) -> None:
    three_values(store)
    write(
        store, Reading(measurements=(SHARE(1, *POSTS.labels, "id", at=NOW),)), monitor="freshness"
    )
    asked = past(store)
    assert asked.latest(ingestion.ROWS.name) == 6
    assert asked.latest(SHARE.name) is None


# Definitions, events, what people said


def test_the_definition_in_force_comes_first(store: Store) -> None:
    made = tuple(
        Definition(version, at(f"2026-03-0{version} 00:00"), "id", ()) for version in (1, 3, 5)
    )
    write(store, read("v5", definitions=made))
    asked = past(store)
    assert list(asked.definitions(None)) == list(made)
    assert list(asked.definitions(at("2026-03-04 00:00"))) == list(made[1:])
    assert list(asked.definitions(at("2026-03-05 00:00"))) == list(made[2:])
    assert list(asked.definitions(at("2026-02-01 00:00"))) == list(made)


def test_events_are_those_since_a_time(store: Store) -> None:
    write(store, Reading(events=(gap("a", "2026-03-01 00:00"), gap("b", "2026-03-09 00:00"))))
    assert list(past(store).events(at("2026-03-09 00:00"))) == [gap("b", "2026-03-09 00:00")]


def test_what_was_expected_is_of_one_check(store: Store) -> None:
    span: Span = (at("2026-03-01 00:00"), at("2026-03-02 00:00"))
    store.expect(POSTS.id, "posts-a-day", *span, "ann", "a holiday", NOW)
    asked = past(store)
    assert list(asked.expected("posts-a-day")) == [span]
    assert list(asked.expected("other")) == []


def test_incidents_are_spans_and_an_open_one_lasts_until_now(store: Store) -> None:
    fail, well = Verdict(Status.FAIL, "few"), Verdict(Status.PASS)
    times = [NOW - timedelta(hours=hours) for hours in (5, 4, 3, 2)]
    for verdict, when in zip((well, fail, well, fail), times, strict=True):
        judge(store, verdict, at=when)
    judge(store, fail, at=NOW, of=check("other"))
    asked = past(store)
    assert list(asked.incidents("posts-a-day")) == [(times[1], times[2]), (times[3], NOW)]
    assert list(asked.incidents("other")) == [(NOW, NOW)]
    assert list(asked.incidents("none")) == []


# Whether the table can be read


def test_a_table_that_was_never_read_cannot_be_judged(store: Store) -> None:
    asked = past(store)
    assert asked.read_at is None
    assert asked.unreadable == ("the table was never read", "run `limnograph run`")


def test_a_table_is_known_for_three_intervals_after_it_was_read(store: Store) -> None:
    write(store, read("v0"))
    assert past(store, NOW + timedelta(minutes=45)).unreadable is None
    late = past(store, NOW + timedelta(minutes=46))
    assert late.read_at == NOW
    assert late.unreadable is not None
    assert late.unreadable[0] == "the table was not read since 2026-03-10 12:00 UTC"


def test_a_reading_that_failed_is_told_with_its_mend(store: Store) -> None:
    write(store, read("v0"), now=NOW - timedelta(minutes=15))
    write(store, Reading.error("no permission", "grant it"))
    asked = past(store)
    assert asked.unreadable == ("no permission", "grant it")
    assert asked.read_at == NOW - timedelta(minutes=15)


def test_one_monitor_that_fails_is_told_though_another_has_read(store: Store) -> None:
    write(store, Reading.error("no statistics", "collect them"), monitor="freshness")
    write(store, read("v0"))
    assert past(store).unreadable == ("no statistics", "collect them")


def test_a_monitor_that_is_switched_off_no_longer_speaks(store: Store) -> None:
    write(store, Reading.error("no statistics", "collect them"), monitor="freshness")
    write(store, read("v0"))
    only = {"ingestion": ingestion.Config()}
    assert past(store, monitors=only).unreadable is None


def test_verdicts_are_no_readings_of_the_table(store: Store) -> None:
    judge(store, Verdict(Status.PASS), at=NOW)
    assert past(store).read_at is None


def test_the_reading_of_this_cycle_goes_before_the_stored_one(store: Store) -> None:
    write(store, Reading.error("no permission", "grant it"))
    now = Attempt(Outcome.ASSESSED, "", "", NOW)
    asked = past(store, attempts={"ingestion": now})
    assert (asked.unreadable, asked.read_at) == (None, NOW)


def test_a_failure_of_this_cycle_keeps_the_success_before_it(store: Store) -> None:
    before = NOW - timedelta(hours=1)
    commits(store, commit(0, "2026-03-10 10:10", 5), now=before)
    failed = Attempt(Outcome.ERROR, "the storage is away", "wait", None)
    asked = past(store, attempts={"ingestion": failed})
    assert asked.unreadable == ("the storage is away", "wait")
    assert asked.read_at == before
    slots = asked.hours("inserted", at("2026-03-01 00:00"))
    assert told(slots) == [("10 10", 5), ("10 11", 0)]


def test_what_was_asked_once_is_the_same_for_all_checks_of_a_cycle(store: Store) -> None:
    commits(store, commit(0, "2026-03-10 10:10", 5))
    asked, since = past(store), at("2026-03-01 00:00")
    before = asked.hours("inserted", since)
    commits(store, commit(1, "2026-03-10 11:10", 9))
    assert asked.hours("inserted", since) == before
    assert past(store).hours("inserted", since) != before
