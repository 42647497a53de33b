"""How a table was defined is kept like facts: with the cursor, once, and in order."""

from dataclasses import replace

import pytest

from limnograph.store import Store
from monitors.core import Column, Definition
from tests.limnograph.store.samples import LABELS, POSTS, at, look, read, record, write

FIRST = Definition(
    version=0,
    at=at("2026-03-01 09:00"),
    table_id="5f1d",
    columns=(
        Column(("id",), "long", nullable=False, id="col-1"),
        Column(("tags",), "array"),
        Column(("tags", "element"), "string"),
    ),
    partition_columns=("day",),
    clustering_columns=("id",),
    properties={"delta.appendOnly": "true", "\ud800": "\0"},
    features=("deletionVectors",),
    reader=3,
    writer=7,
    operation="CREATE TABLE",
    user="ada",
)
SECOND = replace(FIRST, version=4, at=at("2026-03-02 09:00"), columns=FIRST.columns[:1])


def test_a_definition_comes_back_as_it_was_written(store: Store) -> None:
    assert write(store, read("v4", definitions=(FIRST, SECOND)))
    assert store.definitions(POSTS.id) == [FIRST, SECOND]
    assert store.definitions(LABELS.id) == []


def test_definitions_are_found_by_time_and_incarnation(store: Store) -> None:
    write(store, read("v4", definitions=(FIRST, SECOND)))
    third = replace(FIRST, version=0, at=at("2026-03-03 09:00"))
    write(store, read("new", definitions=(third,), recreated=True))
    assert store.definitions(POSTS.id) == [FIRST, SECOND, third]
    assert store.definitions(POSTS.id, incarnation=2) == [third]
    assert store.definitions(POSTS.id, since=SECOND.at, until=third.at) == [SECOND]


def test_a_definition_that_is_written_again_replaces_the_first(store: Store) -> None:
    write(store, read("v0", definitions=(FIRST,)))
    revision = store.revision()
    write(store, read("v0", definitions=(replace(FIRST, user="bob"),)))
    assert [one.user for one in store.definitions(POSTS.id)] == ["bob"]
    assert store.revision() == revision + 1


def test_a_runner_that_is_late_writes_no_definition(store: Store) -> None:
    late = record(store, read("v4", definitions=(SECOND,)), seen=look(store))
    write(store, read("v0", definitions=(FIRST,)))
    assert not store.write(late)
    assert store.definitions(POSTS.id) == [FIRST]


def test_a_definition_without_a_cursor_is_a_mistake(store: Store) -> None:
    with pytest.raises(ValueError, match="must carry a cursor"):
        write(store, read(definitions=(FIRST,)))


def test_words_that_no_database_can_hold_do_not_keep_a_definition_out(store: Store) -> None:
    write(store, read("v0", definitions=(replace(FIRST, operation="A\0B", user="\ud800"),)))
    (found,) = store.definitions(POSTS.id)
    assert (found.operation, found.user) == ("A?B", "?")
