"""What is known of many subjects is read in a handful of statements, and news are never missed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from limnograph.store import LOG, SERVICE, CounterRow, OutcomeRow, Seen, Store, SubjectRow
from monitors.core import Outcome, Problem, Reading, Subject, Totals
from tests.limnograph.store.samples import (
    LABELS,
    NOW,
    POSTS,
    at,
    commit,
    inserts,
    look,
    read,
    rows,
    write,
)

LATER = at("2026-03-10 13:00")
RUNS: Totals = {("lakehouse_monitor_runs_total", ("ingestion", "ok")): 2}


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*event_arguments: object) -> None:
        seen.append(str(event_arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def touched(subject: Subject, outcome: Outcome, **more: object) -> OutcomeRow:
    fields = {"at": LATER, "run": "run-2", "reason": "", "mend": "", **more}
    return OutcomeRow(subject.id, "ingestion", outcome, **fields)  # type: ignore[arg-type]


def test_the_roster_is_what_was_named_last(store: Store) -> None:
    store.sync_roster("table", {"a": {"uri": "s3://a"}, "b": {}}, NOW)
    store.sync_roster("table", {"b": {"owner": "data"}, "c": {}}, LATER)
    assert store.subjects("table") == [
        SubjectRow("table:a", "table", "a", 1, LATER, {"uri": "s3://a"}),
        SubjectRow("table:b", "table", "b", 1, None, {"owner": "data"}),
        SubjectRow("table:c", "table", "c", 1, None, {}),
    ]
    assert store.subjects("job") == []


def test_a_subject_that_comes_back_has_what_it_had(store: Store) -> None:
    store.sync_roster("table", {POSTS.name: {}}, NOW)
    write(store, read("v1", 5))
    store.sync_roster("table", {}, NOW)
    store.sync_roster("table", {}, LATER)
    assert store.subjects("table")[0].left_at == NOW
    store.sync_roster("table", {POSTS.name: {}}, LATER)
    assert store.subjects("table")[0].left_at is None
    assert look(store).cursor == read("v1", 5).cursor


def test_a_roster_that_did_not_change_is_no_news(store: Store) -> None:
    store.sync_roster("table", {"a": {"uri": "s3://a"}}, NOW)
    revision = store.revision()
    store.sync_roster("table", {"a": {"uri": "s3://a"}}, LATER)
    assert store.revision() == revision


def test_the_roster_of_one_kind_leaves_the_others(store: Store) -> None:
    store.sync_roster("job", {"load": {}}, NOW)
    store.sync_roster("table", {}, NOW)
    assert store.subjects("job")[0].left_at is None


def test_a_subject_that_was_never_read_is_seen_as_new(store: Store) -> None:
    assert store.seen([POSTS.id]) == {}
    assert store.seen([POSTS.id], ["ingestion", LOG]) == {
        (POSTS.id, "ingestion"): Seen(),
        (POSTS.id, LOG): Seen(),
    }


@pytest.mark.slow
def test_ten_thousand_tables_are_read_in_a_handful_of_statements(store: Store) -> None:
    names = [f"t{number:05}" for number in range(10_000)]
    ids = [Subject("table", name).id for name in names]
    store.sync_roster("table", {name: {} for name in names}, NOW)
    store.touch([touched(Subject("table", name), Outcome.ASSESSED) for name in names])
    write(store, read("v1", 5, measurements=(rows(5, "2026-03-10 09:00"),)))
    with statements() as issued:
        assert len(store.seen([*ids, POSTS.id], ["ingestion"])) == 10_001
        assert len(store.outcomes([*ids, POSTS.id])) == 10_001
        assert len(store.latest([*ids, POSTS.id])) == 1
        assert len(store.counters([*ids, POSTS.id])) == 1
    assert len([text for text in issued if text.startswith("SELECT")]) <= 15
    assert [row.subject for row in store.outcomes(ids)] == ids


def test_counters_are_those_of_the_newest_incarnation(store: Store) -> None:
    write(store, read("old", 5))
    write(store, read("new", 7, recreated=True))
    store.add_totals(SERVICE, "runner", RUNS)
    metric, labels = next(iter(inserts(0)))
    mine = CounterRow(POSTS.id, "ingestion", metric, labels, 7)
    service = CounterRow(SERVICE, "runner", "lakehouse_monitor_runs_total", ("ingestion", "ok"), 2)
    assert store.counters() == [service, mine]
    assert store.counters([POSTS.id]) == [mine]
    assert store.counters([SERVICE]) == [service]


def test_increments_add_up(store: Store) -> None:
    store.add_totals(SERVICE, "runner", RUNS)
    store.add_totals(SERVICE, "runner", {**RUNS, ("other", ()): 0.5})
    store.add_totals(SERVICE, "scheduler", RUNS)
    store.add_totals(SERVICE, "runner", {})
    assert [(row.monitor, row.metric, row.value) for row in store.counters()] == [
        ("runner", "lakehouse_monitor_runs_total", 4),
        ("runner", "other", 0.5),
        ("scheduler", "lakehouse_monitor_runs_total", 2),
    ]


def test_a_touched_outcome_keeps_the_last_success_of_a_failing_table(store: Store) -> None:
    write(store, read("v1"))
    store.touch(
        [
            touched(POSTS, Outcome.ERROR, reason="gone", mend="look"),
            touched(LABELS, Outcome.NOT_ASSESSED),
        ]
    )
    assert [(row.subject, row.outcome, row.last_success_at) for row in store.outcomes()] == [
        (LABELS.id, Outcome.NOT_ASSESSED, None),
        (POSTS.id, Outcome.ERROR, NOW),
    ]
    store.touch([touched(POSTS, Outcome.ASSESSED)])
    assert store.outcomes([POSTS.id]) == [
        touched(POSTS, Outcome.ASSESSED, last_success_at=LATER),
    ]


def test_problems_come_back_as_they_were(store: Store) -> None:
    problems = (Problem("feed", "not_assessed", "off", "enable it"), Problem("x", "error", "", ""))
    write(store, read("v1", problems=problems))
    assert store.outcomes()[0].problems == problems


def test_a_touch_is_news_only_when_more_than_its_time_changed(store: Store) -> None:
    store.sync_roster("table", {POSTS.name: {}, LABELS.name: {}}, NOW)
    write(store, read("v1"))
    write(store, read("v1"), subject=LABELS)
    before = store.revision()
    store.touch([touched(POSTS, Outcome.ASSESSED), touched(LABELS, Outcome.ASSESSED)])
    assert store.changed_since(before) == (before, [])
    assert {row.at for row in store.outcomes()} == {LATER}
    store.touch([touched(POSTS, Outcome.ERROR, reason="gone"), touched(LABELS, Outcome.ASSESSED)])
    assert store.changed_since(before) == (before + 1, [POSTS.id])


def test_every_change_is_news_once_and_an_idle_reading_is_none(store: Store) -> None:
    number = store.revision()
    for reading in (
        read("v1", 5),
        read("v2", 5),
        read("v2", 6),
        read("v2", 6, measurements=(rows(5, "2026-03-10 09:00"),)),
        Reading.error("gone", ""),
    ):
        write(store, reading)
        number += 1
        assert store.changed_since(number - 1) == (number, [POSTS.id])
        write(store, reading)
        assert store.revision() == number
    assert store.changed_since(0) == (number, [POSTS.id])


def test_news_name_only_the_subjects_that_changed(store: Store) -> None:
    write(store, read("v1", facts=(commit(1, "2026-03-10 09:00"),)))
    before = store.revision()
    write(store, read("v1"), subject=LABELS)
    assert store.changed_since(before) == (before + 1, [LABELS.id])


def test_counters_of_limnograph_itself_raise_the_revision(store: Store) -> None:
    store.add_totals(SERVICE, "runner", RUNS)
    assert store.changed_since(0) == (1, [])
