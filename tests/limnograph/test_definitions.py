"""The past of a table as the store kept it, over tables that took each other's place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from limnograph.definitions import Past, document, from_store
from limnograph.settings import TableSettings
from limnograph.store import Store
from tests.limnograph.store.samples import POSTS, look, read, write
from tests.monitors.delta.evolution.defined import AT, defined

TABLE = TableSettings(POSTS.name, "s3://lake/posts")
FIRST = defined("a long", version=0, operation="CREATE TABLE", user="ada")
SECOND = defined("a long", "b date", version=4, at=AT + timedelta(days=1))
OTHER = defined("a string", version=0, at=AT + timedelta(days=2), table_id="id-2")


def past(store: Store) -> Past:
    store.sync_roster("table", {POSTS.name: {}}, AT)
    write(store, read("4", definitions=(FIRST, SECOND)), monitor="schema")
    recreated = replace(read("0"), definitions=(OTHER,), recreated=True)
    write(store, recreated, monitor="schema", seen=look(store, monitor="schema"))
    return from_store(store, TABLE)


def test_each_definition_and_what_it_changed(store: Store) -> None:
    told = [
        (entry.incarnation, entry.first, [change.message for change in entry.changes])
        for entry in past(store).entries
    ]
    assert told == [
        (1, True, []),
        (1, False, ["column b (date) added"]),
        (2, True, ["column b (date) dropped", "type of column a changed from long to string"]),
    ]


def test_a_version_is_that_of_the_newest_table_and_a_time_of_any(store: Store) -> None:
    found = past(store)
    for moment, expected in ((None, OTHER), (3, OTHER), (AT, FIRST), (OTHER.at, OTHER)):
        entry = found.at(moment)
        assert entry is not None
        assert entry.definition == expected
    with pytest.raises(LookupError, match="the oldest definition known is that of version 0"):
        found.at(AT - timedelta(days=1))


def test_what_is_not_stored_is_null_with_a_problem(store: Store) -> None:
    told = document(from_store(store, TABLE), None, history=True)
    assert (told["version"], told["columns"], told["history"]) == (None, None, [])
    assert [problem["state"] for problem in told["problems"]] == ["not_assessed"]
