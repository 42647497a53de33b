"""Recomputed commits written into the store, on each database."""

from dataclasses import replace

import pytest

from limnograph.store import Store
from limnograph.store.replaying import REPLAY, Past, Replayed
from monitors.core import CommitFact, Event, EventKind, State
from tests.limnograph.store.samples import NOW, POSTS, at, commit, read, write

KNOWN = commit(0, "2026-03-01 12:00", 5)
LOST = replace(KNOWN, inserted=None, net=None, exact=False, reason="vacuumed")
VACUUMED = Event(EventKind.FEED_VACUUMED, "0@0", KNOWN.at, "vacuumed", {"version": 0})


def state(text: str) -> State:
    return State("a command/0", "replay.1", 1, text.encode())


def past(*facts: CommitFact, events: tuple[Event, ...] = (), incarnation: int = 1) -> Past:
    return Past(POSTS, incarnation, range(10), facts, (), events, "run-2", NOW)


def replay(store: Store, of: Past) -> Replayed | None:
    return store.replay(of, "a command/0", lambda replayed, before: state("told"))


@pytest.fixture(autouse=True)
def _read(store: Store) -> None:
    write(store, read("at 0", 5, facts=(KNOWN,)))


def test_facts_of_another_incarnation_are_not_written(store: Store) -> None:
    wrong = replace(KNOWN, inserted=99)
    assert replay(store, past(wrong, events=(VACUUMED,), incarnation=2)) is None
    assert store.facts(POSTS.id) == [KNOWN]
    assert store.events(POSTS.id) == []
    assert store.states(POSTS.id, REPLAY) == {}


def test_a_subject_that_is_not_there_is_not_made(store: Store) -> None:
    of = replace(past(KNOWN), subject=replace(POSTS, name="nobody"))
    assert replay(store, of) is None
    assert [row.name for row in store.subjects("table")] == [POSTS.name]


def test_change_data_that_was_counted_in_time_left_no_hole(store: Store) -> None:
    found = replay(store, past(LOST, events=(VACUUMED,)))
    assert found is not None
    assert [one.kept["inserted"] for one in found.findings] == [(5, None)]
    assert (found.events, store.events(POSTS.id)) == ((), [])


def test_change_data_that_nobody_counted_is_a_hole_told_once(store: Store) -> None:
    later = replace(LOST, version=1, at=at("2026-03-01 13:00"))
    event = replace(VACUUMED, key="1@0", detail={"version": 1})
    found = replay(store, past(KNOWN, later, events=(event,)))
    assert found is not None
    assert found.events == (event,)
    again = replay(store, past(KNOWN, later, events=(event,)))
    assert again == Replayed((), (), ())
    assert [(row.key, row.run) for row in store.events(POSTS.id)] == [("1@0", "run-2")]


def test_progress_is_kept_with_the_facts_and_forgotten_when_it_was_told(store: Store) -> None:
    seen: list[State | None] = []

    def remember(replayed: Replayed, before: State | None) -> State:
        seen.append(before)
        return state(f"{len(replayed.findings)} differ")

    for fact in (replace(KNOWN, inserted=6), replace(KNOWN, inserted=6)):
        store.replay(past(fact), "a command/0", remember)
    assert seen == [None, state("1 differ")]
    assert store.states(POSTS.id, REPLAY) == {"a command/0": state("0 differ")}
    store.forget_replay(POSTS.id, ["a command/0", "another/0"])
    assert store.states(POSTS.id, REPLAY) == {}


def test_what_no_database_can_hold_is_no_difference(store: Store) -> None:
    odd = replace(KNOWN, version=1, operation="a\0b\ud800")
    assert [len(one.findings) for _ in range(2) if (one := replay(store, past(odd)))] == [1, 0]


def test_only_a_change_is_news_to_others(store: Store) -> None:
    revision = store.revision()
    replay(store, past(KNOWN))
    assert store.revision() == revision
    replay(store, past(replace(KNOWN, inserted=6)))
    assert store.changed_since(revision) == (revision + 1, [POSTS.id])
