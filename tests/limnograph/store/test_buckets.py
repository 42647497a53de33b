"""Hours in UTC and days in the table's zone are sums over facts, whatever was written when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from limnograph.store import Bucket, Store
from limnograph.store.buckets import day_of, hour_of
from tests.limnograph.store.samples import LABELS, POSTS, at, commit, read, write

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("when", "zone", "start", "hours"),
    [
        ("2026-03-10 12:00", "UTC", "2026-03-10 00:00", 24),
        ("2026-03-10 23:30", BERLIN, "2026-03-10 23:00", 24),
        ("2026-03-29 00:30", BERLIN, "2026-03-28 23:00", 23),
        ("2026-03-29 21:59", BERLIN, "2026-03-28 23:00", 23),
        ("2026-03-29 22:00", BERLIN, "2026-03-29 22:00", 24),
        ("2026-10-25 22:59", BERLIN, "2026-10-24 22:00", 25),
        ("2026-10-25 23:00", BERLIN, "2026-10-25 23:00", 24),
        pytest.param("2026-04-24 09:00", "Africa/Cairo", "2026-04-23 22:00", 23, id="no midnight"),
        pytest.param("2025-11-02 04:30", "America/Havana", "2025-11-02 04:00", 25, id="two"),
        pytest.param("2011-12-30 09:59", "Pacific/Apia", "2011-12-29 10:00", 24, id="before"),
        pytest.param("2011-12-30 10:00", "Pacific/Apia", "2011-12-30 10:00", 24, id="a day lost"),
        pytest.param(
            "2010-11-07 02:45", "America/St_Johns", "2010-11-07 02:30", 25, id="midnight undone"
        ),
    ],
)
def test_days_are_as_long_as_they_are(when: str, zone: str, start: str, hours: int) -> None:
    assert day_of(at(when), ZoneInfo(zone)) == (at(start), at(start) + timedelta(hours=hours))


@pytest.mark.parametrize("zone", [BERLIN, "America/St_Johns", "Pacific/Apia", "America/Havana"])
def test_every_moment_is_in_its_day_and_days_touch(zone: str) -> None:
    moment, end = datetime(2010, 1, 1, tzinfo=UTC), datetime(2012, 1, 5, tzinfo=UTC)
    before = day_of(moment, ZoneInfo(zone))
    while moment < end:
        span = day_of(moment, ZoneInfo(zone))
        assert span[0] <= moment < span[1]
        assert span == before or span[0] == before[1]
        before, moment = span, moment + timedelta(minutes=30)


def test_hours_are_cut_in_utc() -> None:
    berlin = datetime(2026, 3, 29, 3, 30, tzinfo=ZoneInfo(BERLIN))
    assert hour_of(berlin) == (at("2026-03-29 01:00"), at("2026-03-29 02:00"))


def starts(store: Store, grain: str, zone: str = "UTC") -> list[tuple[str, int | None]]:
    found = store.buckets(POSTS.id, "day" if grain == "day" else "hour", zone)
    return [(f"{bucket.start:%m-%d %H}", bucket.inserted) for bucket in found]


def test_a_bucket_sums_what_is_known_and_counts_what_is_not(store: Store) -> None:
    facts = (
        commit(1, "2026-03-10 09:10", 5, updated=1, deleted=2, net=3),
        commit(2, "2026-03-10 09:20", 7, exact=False, reason="estimate"),
        commit(3, "2026-03-10 09:30", 4, updated=None, net=None, exact=False, reason="merge"),
    )
    write(store, read("v3", facts=facts))
    start = at("2026-03-10 09:00")
    assert store.buckets(POSTS.id, "hour") == [
        Bucket(POSTS.id, "hour", "UTC", start, 16, 1, 2, 10, commits=3, uncounted=1, inexact=1)
    ]


def test_a_bucket_of_unknown_commits_is_unknown_and_not_zero(store: Store) -> None:
    nothing = {"updated": None, "deleted": None, "exact": False}
    write(store, read("v1", facts=(commit(1, "2026-03-10 09:10", None, **nothing),)))
    start = at("2026-03-10 09:00")
    assert store.buckets(POSTS.id, "hour") == [
        Bucket(POSTS.id, "hour", "UTC", start, None, None, None, None, 1, 1, 0)
    ]


def test_maintenance_is_a_known_zero(store: Store) -> None:
    write(store, read("v1", facts=(commit(1, "2026-03-10 09:10", operation="OPTIMIZE"),)))
    assert starts(store, "hour") == [("03-10 09", 0)]


def test_a_bucket_grows_with_later_commits_and_is_never_counted_twice(store: Store) -> None:
    first, second = commit(1, "2026-03-10 09:10", 5), commit(2, "2026-03-10 09:50", 7)
    write(store, read("v1", facts=(first,)))
    write(store, read("v2", facts=(second,)))
    write(store, read("v2b", facts=(first, second)))
    assert starts(store, "hour") == [("03-10 09", 12)]
    assert starts(store, "day") == [("03-10 00", 12)]


def test_a_fact_that_moves_leaves_its_old_bucket(store: Store) -> None:
    write(store, read("v1", facts=(commit(1, "2026-03-09 09:10", 5),)))
    write(store, read("v2", facts=(commit(1, "2026-03-10 10:10", 5),)))
    assert starts(store, "hour") == [("03-10 10", 5)]
    assert starts(store, "day") == [("03-10 00", 5)]


def test_buckets_sum_over_all_incarnations(store: Store) -> None:
    write(store, read("old", facts=(commit(0, "2026-03-10 09:10", 5),)))
    write(store, read("new", facts=(commit(0, "2026-03-10 09:20", 2),), recreated=True))
    assert starts(store, "hour") == [("03-10 09", 7)]


@pytest.mark.parametrize(
    ("times", "days"),
    [
        (
            ["2026-03-28 22:59", "2026-03-28 23:00", "2026-03-29 21:59", "2026-03-29 22:00"],
            [("03-27 23", 1), ("03-28 23", 2), ("03-29 22", 1)],
        ),
        (
            ["2026-10-24 21:59", "2026-10-24 22:00", "2026-10-25 22:59", "2026-10-25 23:00"],
            [("10-23 22", 1), ("10-24 22", 2), ("10-25 23", 1)],
        ),
    ],
    ids=["a day of 23 hours", "a day of 25 hours"],
)
def test_days_of_berlin_are_cut_at_its_midnights(
    store: Store, times: list[str], days: list[tuple[str, int]]
) -> None:
    for version, when in enumerate(times):
        reading = read(f"v{version}", facts=(commit(version, when, 1),))
        write(store, reading, time_zone=BERLIN)
    assert starts(store, "day", BERLIN) == days
    assert starts(store, "hour", BERLIN) == [(when[5:13], 1) for when in times]


def test_a_new_time_zone_cuts_all_days_anew(store: Store) -> None:
    write(store, read("v1", facts=(commit(1, "2026-03-10 23:30", 5),)))
    write(store, read("v2", facts=(commit(2, "2026-03-11 23:30", 7),)), time_zone=BERLIN)
    assert starts(store, "day", BERLIN) == [("03-10 23", 5), ("03-11 23", 7)]


def test_an_old_time_zone_is_kept_up_while_another_is_used(store: Store) -> None:
    write(store, read("v1", facts=(commit(1, "2026-03-10 23:30", 5),)))
    write(store, read("v2", facts=(commit(2, "2026-03-11 23:30", 7),)), time_zone=BERLIN)
    assert starts(store, "day") == [("03-10 00", 5), ("03-11 00", 7)]


def test_a_zone_that_was_never_written_is_cut_when_it_is_asked_for(store: Store) -> None:
    write(store, read("v1", facts=(commit(1, "2026-03-10 23:30", 5),)))
    assert starts(store, "day", "Asia/Tokyo") == [("03-10 15", 5)]
    write(store, read("v2", facts=(commit(2, "2026-03-11 23:30", 7),)))
    assert starts(store, "day", "Asia/Tokyo") == [("03-10 15", 5), ("03-11 15", 7)]


def test_buckets_of_many_tables_come_in_order(store: Store) -> None:
    for subject in (POSTS, LABELS):
        facts = tuple(commit(v, f"2026-03-{v:02} 09:00", v) for v in (9, 10, 11))
        write(store, read("v11", facts=facts), subject=subject)
    since, until = at("2026-03-10 00:00"), at("2026-03-11 00:00")
    ids = [POSTS.id, LABELS.id, "table:unknown"]
    assert [
        (bucket.subject, bucket.inserted)
        for bucket in store.buckets(ids, "day", since=since, until=until)
    ] == [(LABELS.id, 10), (POSTS.id, 10)]
    assert len(store.buckets(ids, "hour")) == 6
