"""Keys that arrive twice: in one load, in different ones, of one column or several."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pydantic import ValidationError

from checks.core import Status
from tests.checks.rows.declared import declared, due, outcome, verdict
from tests.monitors.lakes.rows.tables import append, opened

UNIQUE = due("unique", columns=["id"])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "posts"


def test_a_key_that_arrives_in_two_loads_is_repeated(table: Path) -> None:
    append(table, [1, 2])
    position = outcome(table, UNIQUE).position
    append(table, [2, 3])
    found = verdict(table, due("unique", columns=["id"], samples=5), position=position)
    assert found.status is Status.FAIL
    assert found.reason == "1 of 2 rows repeats the key (id) of another row in the table: 1 key"
    assert found.samples == ({"id": 2, "occurrences": 2},)
    assert found.detail["keys"] == 1
    within = due("unique", columns=["id"], within="load")
    assert verdict(table, within, position=position).status is Status.PASS


def test_a_key_that_was_repeated_before_is_not_the_fault_of_new_rows(table: Path) -> None:
    append(table, [1, 1])
    position = outcome(table, UNIQUE).position
    append(table, [2])
    assert verdict(table, UNIQUE, position=position).status is Status.PASS
    every = due("unique", columns=["id"], rows="all")
    assert verdict(table, every, position=position).bad == 1


def test_a_key_is_repeated_within_a_load(table: Path) -> None:
    append(table, [1, 1, 1, 2])
    position = outcome(table, UNIQUE).position
    append(table, [7, 7, 8])
    within = due("unique", columns=["id"], within="load")
    assert verdict(table, within, position=position).bad == 1
    assert verdict(table, UNIQUE).bad == 3


def test_a_row_that_was_updated_does_not_repeat_itself(table: Path) -> None:
    append(table, [1, 2], score=[1, 2])
    position = outcome(table, UNIQUE).position
    append(table, [3], score=[3])
    opened(table).update(updates={"score": "score + 1"}, predicate="id = 3")
    found = verdict(table, UNIQUE, position=position)
    assert (found.status, found.rows) == (Status.PASS, 2)


def test_keys_of_several_columns_are_compared_whole(table: Path) -> None:
    append(table, [1, 1, 1], part=["a", "b", "b"])
    assert verdict(table, due("unique", columns=["id", "part"])).bad == 1


def test_rows_without_a_whole_key_are_counted_apart(table: Path) -> None:
    append(table, [1, None, None], part=["a", None, "b"])
    found = verdict(table, due("unique", columns=["id", "part"]))
    assert (found.status, found.detail["null_keys"]) == (Status.PASS, 2)
    assert "2 rows have no whole key" in found.reason


def test_names_of_columns_are_only_names(table: Path) -> None:
    write_deltalake(table, pa.table({"id": [1, 2], "a`b; drop": ["x", "x"]}))
    assert verdict(table, due("unique", columns=["a`b; drop"])).bad == 1
    missing = verdict(table, due("unique", columns=["nope"]))
    assert (missing.status, "nope" in missing.reason) == (Status.ERROR, True)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"columns": []}, "at least 1 item"),
        ({"columns": ["id", "id"]}, "names a column twice"),
        ({"columns": ["id"], "within": "load", "rows": "all"}, "looks at new rows"),
    ],
)
def test_a_form_that_says_nothing_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        declared("unique", **fields)
