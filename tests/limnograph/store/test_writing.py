"""A reading is written whole or not at all, and only by the runner that was first."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from limnograph.store import LOG, OutcomeRow, Seen, Store, open_store
from limnograph.store.engine import Database
from limnograph.store.location import locate
from monitors.core import Cursor, Outcome, Problem, Reading, State
from monitors.errors import StoreError
from tests.limnograph.store.samples import (
    LABELS,
    NOW,
    POSTS,
    ROWS,
    at,
    commit,
    gap,
    inserts,
    look,
    read,
    record,
    rows,
    write,
)

SKETCH = State("sketch", "kll", 1, b"\x00\xff")


def totals(store: Store) -> list[float]:
    return [row.value for row in store.counters([POSTS.id])]


def test_a_first_reading_is_kept_whole(store: Store) -> None:
    facts = (commit(0, "2026-03-09 10:00", 3), commit(1, "2026-03-10 11:00", 4))
    event = gap("0", "2026-03-09 10:00")
    reading = read(
        "v1",
        7,
        facts=facts,
        events=(event,),
        measurements=(rows(7, "2026-03-10 11:00"),),
        states=(SKETCH,),
    )
    assert write(store, reading)
    assert look(store) == Seen(1, Cursor("v1", inserts(7)), 1)
    assert store.facts(POSTS.id) == list(facts)
    assert [(row.metric, row.labels, row.value) for row in store.latest()] == [(ROWS.name, (), 7)]
    assert [(row.key, row.detail, row.recorded_at) for row in store.events()] == [
        ("0", {"first": 3}, NOW)
    ]
    assert store.states(POSTS.id, "ingestion") == {"sketch": SKETCH}
    assert store.outcomes() == [
        OutcomeRow(POSTS.id, "ingestion", Outcome.ASSESSED, NOW, "run-1", last_success_at=NOW)
    ]
    assert [(row.id, row.incarnation, row.left_at) for row in store.subjects("table")] == [
        (POSTS.id, 1, None)
    ]


def test_a_late_runner_writes_nothing_and_hears_no_error(store: Store) -> None:
    write(store, read("v1", 5))
    late = look(store)
    assert write(store, read("v2", 8, facts=(commit(2, "2026-03-10 10:00", 3),)))
    stale = read(
        "v3",
        9,
        facts=(commit(2, "2026-03-10 10:00", 4),),
        events=(gap("late", "2026-03-10 10:00"),),
        measurements=(rows(9, "2026-03-10 10:00"),),
        states=(SKETCH,),
        problems=(Problem("feed", "error", "late", ""),),
    )
    revision = store.revision()
    assert not write(store, stale, seen=late)
    assert look(store).cursor == Cursor("v2", inserts(8))
    assert [fact.inserted for fact in store.facts(POSTS.id)] == [3]
    assert [bucket.inserted for bucket in store.buckets(POSTS.id, "hour")] == [3]
    assert (store.events(), store.latest(), store.states(POSTS.id, "ingestion")) == ([], [], {})
    assert store.outcomes()[0].problems == ()
    assert store.revision() == revision


def test_two_first_readings_are_one(store: Store) -> None:
    nothing = look(store)
    assert write(store, read("v1", 5), seen=nothing)
    assert not write(store, read("v1", 5), seen=nothing)
    assert totals(store) == [5]


def test_a_runner_that_counted_from_other_totals_is_late_at_the_same_position(
    store: Store,
) -> None:
    write(store, read("v1", 5))
    seen = look(store)
    write(store, read("v1", 6))
    assert not write(store, read("v2", 7), seen=seen)
    assert totals(store) == [6]


def test_an_idle_reading_is_written_again_and_again(store: Store) -> None:
    write(store, read("v1", 5))
    seen = look(store)
    assert write(store, read("v1", 5), seen=seen)
    assert write(store, read("v1", 5), seen=seen)


def test_an_exception_in_the_middle_leaves_nothing(store: Store, store_url: str) -> None:
    # The last thing written fails, after all else was.
    run(store_url, "DROP TABLE outcome")
    reading = read(
        "v1", 3, facts=(commit(1, "2026-03-10 10:00", 3),), events=(gap("1", "2026-03-10 10:00"),)
    )
    with pytest.raises(StoreError, match="outcome"):
        write(store, reading)
    assert look(store) == Seen()
    assert (store.facts(POSTS.id), store.events(), store.subjects("table")) == ([], [], [])


def test_a_fact_that_is_written_again_is_replaced(store: Store) -> None:
    write(store, read("v1", facts=(commit(1, "2026-03-10 10:00", None, exact=False, reason="x"),)))
    better = commit(1, "2026-03-10 10:00", 12, updated=1)
    write(store, read("v1b", facts=(better,)))
    assert store.facts(POSTS.id) == [better]


def test_unknown_counts_stay_unknown(store: Store) -> None:
    unknown = commit(
        1,
        "2026-03-10 10:00",
        None,
        updated=None,
        deleted=None,
        bytes_added=None,
        bytes_removed=None,
        exact=False,
        reason="merge",
    )
    write(store, read("v1", facts=(unknown,)))
    assert store.facts(POSTS.id) == [unknown]


def test_facts_are_found_by_their_time(store: Store) -> None:
    facts = [commit(v, f"2026-03-10 0{v}:00", v) for v in (1, 2, 3)]
    write(store, read("v3", facts=tuple(facts)))
    assert store.facts(POSTS.id, since=at("2026-03-10 02:00")) == facts[1:]
    assert store.facts(POSTS.id, until=at("2026-03-10 02:00")) == facts[:1]


def test_times_are_kept_to_the_microsecond(store: Store) -> None:
    odd = replace(commit(1, "2026-03-10 10:00"), at=at("2026-03-10 10:00:00.123457"))
    old = replace(commit(2, "2026-03-10 10:00"), at=at("1969-12-31 23:59:59.999999"))
    write(store, read("v2", facts=(odd, old)))
    assert store.facts(POSTS.id) == [odd, old]


def test_an_event_is_written_once(store: Store) -> None:
    write(store, read("v1", events=(gap("a", "2026-03-10 10:00", "first"),)))
    again = (gap("a", "2026-03-11 10:00", "again"), gap("b", "2026-03-09 10:00"))
    write(store, read("v2", events=again), run="run-2")
    assert [(row.key, row.message, row.run) for row in store.events()] == [
        ("b", "the log was cleaned", "run-2"),
        ("a", "first", "run-1"),
    ]
    assert [row.key for row in store.events(POSTS.id, since=at("2026-03-10 00:00"))] == ["a"]
    assert store.events(LABELS.id) == []


def test_states_are_put_and_dropped_with_the_cursor(store: Store) -> None:
    other = State("other", "kll", 1, b"o")
    write(store, read("v1", states=(SKETCH, other)))
    newer = State("sketch", "kll", 2, b"n")
    write(store, read("v2", states=(newer,), dropped_states=("other", "missing")))
    assert store.states(POSTS.id, "ingestion") == {"sketch": newer}
    assert store.states(POSTS.id, "freshness") == {}
    assert store.states(POSTS.id, "ingestion", ("missing",)) == {}
    assert store.states(POSTS.id, "ingestion", ("sketch", "missing")) == {"sketch": newer}


def test_a_recreated_table_keeps_its_totals_and_its_old_facts(store: Store) -> None:
    old, new = commit(0, "2026-03-09 10:00", 5), commit(0, "2026-03-10 10:00", 2)
    write(store, read("old-9", 5, facts=(old,)))
    assert write(store, read("new-0", 7, facts=(new,), recreated=True))
    assert look(store) == Seen(2, Cursor("new-0", inserts(7)), 2)
    assert totals(store) == [7]
    assert store.facts(POSTS.id) == [old, new]
    assert store.facts(POSTS.id, incarnation=1) == [old]
    assert store.facts(POSTS.id, incarnation=2) == [new]


def test_of_two_runners_that_meet_a_new_table_one_counts_it(store: Store) -> None:
    write(store, read("old", 5))
    seen = look(store)
    assert write(store, read("new", 7, recreated=True), seen=seen)
    assert not write(store, read("new", 7, recreated=True), seen=seen)
    assert not write(store, read("old-too", 6), seen=seen)
    assert totals(store) == [7]


def test_a_monitor_that_meets_the_new_table_later_joins_the_same_incarnation(
    store: Store,
) -> None:
    write(store, read("old", 1))
    write(store, read("old"), monitor="freshness")
    write(store, read("new", 2, recreated=True))
    assert look(store, monitor="freshness") == Seen(2, read("old").cursor, 1)
    write(store, read("new", recreated=True), monitor="freshness")
    assert look(store, monitor="freshness") == Seen(2, read("new").cursor, 2)
    assert store.subjects("table")[0].incarnation == 2


def test_a_monitor_that_starts_after_recreation_starts_in_the_new_incarnation(
    store: Store,
) -> None:
    write(store, read("old", 1))
    write(store, read("new", 2, recreated=True))
    assert look(store, monitor="freshness") == Seen(2, None, 2)
    write(store, read("new"), monitor="freshness")
    assert look(store, monitor="freshness").cursor_incarnation == 2


def test_an_error_moves_no_cursor(store: Store) -> None:
    write(store, read("v1", 5, measurements=(rows(5, "2026-03-10 10:00"),)))
    write(store, Reading.error("no permission", "grant it"), now=at("2026-03-10 13:00"))
    assert look(store).cursor == Cursor("v1", inserts(5))
    assert [row.value for row in store.latest()] == [5]
    assert store.outcomes() == [
        OutcomeRow(
            POSTS.id,
            "ingestion",
            Outcome.ERROR,
            at("2026-03-10 13:00"),
            "run-1",
            "no permission",
            "grant it",
            last_success_at=NOW,
        )
    ]


def test_facts_without_a_cursor_are_a_mistake_of_the_monitor(store: Store) -> None:
    with pytest.raises(ValueError, match="ingestion: a reading with facts or states must carry"):
        write(store, Reading(facts=(commit(1, "2026-03-10 10:00"),)))
    assert store.subjects("table") == []


def test_a_time_without_a_zone_is_a_mistake_of_the_monitor(store: Store) -> None:
    naive = replace(gap("a", "2026-03-10 10:00"), at=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="has no time zone"):
        write(store, read("v1", events=(naive,)))
    assert look(store).cursor is None


def test_characters_that_a_database_refuses_do_not_keep_a_reading_out(store: Store) -> None:
    strange = commit(1, "2026-03-10 10:00", operation="MER\0GE \ud800 café")
    broken = replace(gap("a\0", "2026-03-10 10:00"), detail={"name": "\0\ud800"})
    assert write(store, read("v1", facts=(strange,), events=(broken,)))
    assert store.facts(POSTS.id)[0].operation == "MER?GE ? café"
    assert [(row.key, row.detail) for row in store.events()] == [("a?", {"name": "\0\ud800"})]


def test_a_number_that_does_not_fit_is_an_error_of_that_table(store: Store) -> None:
    huge = commit(1, "2026-03-10 10:00", bytes_added=2**70)
    with pytest.raises(StoreError, match=r"out of range|does not fit"):
        write(store, read("v1", facts=(huge,)))
    assert write(store, read("v1"), subject=LABELS)


def test_live_files_move_from_position_to_position(store: Store) -> None:
    base, delta = State("base", "files", 1, b"b"), State("delta-1", "files", 1, b"d")
    assert store.write_log(POSTS.id, None, "v1", [base], [])
    assert store.write_log(POSTS.id, "v1", "v2", [delta], [])
    assert store.states(POSTS.id, LOG) == {"base": base, "delta-1": delta}
    assert look(store, monitor=LOG).cursor == Cursor("v2", {})
    folded = State("base", "files", 1, b"B")
    assert store.write_log(POSTS.id, "v2", "v3", [folded], ["delta-1"])
    assert store.states(POSTS.id, LOG) == {"base": folded}


@pytest.mark.parametrize("seen", [None, "v0"])
def test_live_files_that_moved_on_are_left_as_they_are(store: Store, seen: str | None) -> None:
    base = State("base", "files", 1, b"b")
    assert store.write_log(POSTS.id, None, "v1", [base], [])
    assert not store.write_log(POSTS.id, seen, "v9", [State("base", "x", 1, b"")], ["base"])
    assert store.states(POSTS.id, LOG) == {"base": base}
    assert look(store, monitor=LOG).cursor == Cursor("v1", {})


def test_live_files_that_were_never_kept_cannot_be_moved(store: Store) -> None:
    assert not store.write_log(POSTS.id, "v1", "v2", [State("base", "files", 1, b"b")], [])
    assert store.states(POSTS.id, LOG) == {}


def test_a_record_says_where_it_started(store: Store) -> None:
    write(store, read("v1", 5))
    assert record(store, read("v2")).seen == Seen(1, Cursor("v1", inserts(5)), 1)


def test_a_thousand_commits_are_one_quick_reading(store_url: str) -> None:
    facts = tuple(
        replace(commit(v, "2026-01-01 00:00", v), at=at(f"2026-01-{1 + v // 48:02} 00:00"))
        for v in range(1_000)
    )
    with open_store(store_url) as store:
        assert write(store, read("v999", facts=facts))
        assert sum(bucket.commits for bucket in store.buckets(POSTS.id, "day")) == 1_000


def run(url: str, statement: str) -> None:
    database = Database(locate(url))
    with database.writing() as connection:
        connection.execute(text(statement))
    database.close()
