"""Rules in SQL: conditions that bad rows meet, and queries that return them."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.core import Status
from tests.checks.rows.declared import declared, due, learned, outcome, verdict
from tests.monitors.lakes.rows.tables import append


@pytest.fixture
def table(tmp_path: Path) -> Path:
    append(tmp_path / "posts", [1, 2, 3, 4], score=[0.5, -1.0, None, -3.0])
    return tmp_path / "posts"


def test_rows_that_meet_the_condition_are_bad(table: Path) -> None:
    found = verdict(table, due("sql_rule", bad_rows="score < 0"))
    assert found.status is Status.FAIL
    assert found.reason == "2 of 4 rows are bad: score < 0"
    assert (found.rows, found.bad, found.observed, found.upper) == (4, 2, 2.0, 0.0)
    assert found.look == "select * from `main`.`bronze`.`posts` where score < 0"
    assert found.samples == ()


def test_a_row_of_which_the_condition_is_null_is_not_bad(table: Path) -> None:
    assert verdict(table, due("sql_rule", bad_rows="score > 9")).status is Status.PASS


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({"max_bad": 2}, Status.PASS),
        ({"max_bad": 1}, Status.FAIL),
        ({"mostly": 0.5}, Status.PASS),
        ({"mostly": 0.51}, Status.FAIL),
    ],
)
def test_some_bad_rows_may_be_allowed(table: Path, limits: dict[str, Any], status: Status) -> None:
    assert verdict(table, due("sql_rule", bad_rows="score < 0", **limits)).status is status


def test_a_query_returns_the_bad_rows(table: Path) -> None:
    query = "select id from new_rows where score < (select max(score) from whole)"
    found = verdict(table, due("sql_rule", query=query, samples=1))
    assert (found.status, found.rows, found.bad) == (Status.FAIL, 4, 2)
    assert found.samples in (({"id": 2},), ({"id": 4},))


def test_a_query_over_all_rows_is_counted_against_all(table: Path) -> None:
    position = outcome(table, due("sql_rule", bad_rows="id < 0")).position
    append(table, [5], score=[1.0])
    query = "select * from whole where score < 0"
    found = verdict(table, due("sql_rule", query=query), position=position)
    assert (found.rows, found.bad) == (5, 2)


def test_only_new_rows_are_judged_unless_all_are_asked_for(table: Path) -> None:
    position = outcome(table, due("sql_rule", bad_rows="id < 0")).position
    append(table, [5], score=[1.0])
    assert verdict(table, due("sql_rule", bad_rows="score < 0"), position=position).rows == 1
    every = due("sql_rule", bad_rows="score < 0", rows="all")
    assert verdict(table, every, position=position).bad == 2


def test_samples_hide_what_the_quarantine_hides(table: Path, tmp_path: Path) -> None:
    quarantine = {"uri": str(tmp_path / "q"), "drop": ["id"], "mask": ["score"]}
    check = due("sql_rule", bad_rows="score < -2", samples=5, quarantine=quarantine)
    assert verdict(table, check).samples == ({"score": "***"},)


def test_a_bound_that_is_not_learned_yet_is_not_assessed(table: Path) -> None:
    rule = due("sql_rule", bad_rows="score > :learned_upper")
    waiting = verdict(table, learned(rule, learned_upper=None))
    assert (waiting.status, waiting.reason) == (
        Status.NOT_ASSESSED,
        "the bound :learned_upper has not been learned yet",
    )
    known = verdict(table, learned(rule, learned_upper=0.1))
    assert (known.status, known.bad) == (Status.FAIL, 1)
    unknown = verdict(table, rule)
    assert (unknown.status, ":learned_upper" in unknown.reason) == (Status.ERROR, True)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "write either bad_rows"),
        ({"bad_rows": "id < 0", "query": "select 1"}, "write either bad_rows"),
        ({"bad_rows": "id < 0", "max_bad": 1, "mostly": 0.5}, "write either max_bad"),
        ({"bad_rows": "id <"}, "column "),
        ({"query": "select id\nfrom whole; select 1"}, "line 1, column 1: this must be one"),
        ({"query": "select\n  rand()\nfrom whole"}, "line 2, column 3: the function rand"),
        ({"query": "delete from whole"}, "this must be a SELECT"),
        ({"bad_rows": ""}, "at least 1 character"),
        ({"bad_rows": "id < 0", "mostly": 1.5}, "less than or equal to 1"),
    ],
)
def test_what_cannot_run_is_refused_where_it_is_declared(
    fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem.replace("(", r"\(")):
        declared("sql_rule", **fields)
