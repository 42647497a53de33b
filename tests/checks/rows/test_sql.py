"""A number that a statement returns, against limits."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.core import Status
from tests.checks.rows.declared import declared, due, verdict
from tests.monitors.lakes.rows.tables import append


@pytest.fixture
def table(tmp_path: Path) -> Path:
    append(tmp_path / "posts", [1, 2, 3, 4], score=[0.5, -1.0, None, -3.0])
    return tmp_path / "posts"


@pytest.mark.parametrize(
    ("comparison", "limits", "status"),
    [
        (">", {"warn": 3, "fail": 9}, Status.WARN),
        ("above", {"fail": 4}, Status.PASS),
        (">=", {"fail": 4}, Status.FAIL),
        ("<", {"warn": 9, "fail": 3}, Status.WARN),
        ("!=", {"fail": 4}, Status.PASS),
        ("==", {"fail": 4}, Status.FAIL),
        ("outside", {"warn": [2, 3], "fail": [1, 9]}, Status.WARN),
        ("between", {"fail": [1, 9]}, Status.FAIL),
    ],
)
def test_the_comparison_says_what_is_bad(
    table: Path, comparison: str, limits: dict[str, Any], status: Status
) -> None:
    query = "select count(*) from new_rows"
    found = verdict(table, due("sql", query=query, comparison=comparison, **limits))
    assert (found.status, found.observed) == (status, 4.0)
    assert found.reason.startswith("the statement returned 4, ")
    assert found.expected


@pytest.mark.parametrize(
    ("query", "came"),
    [
        ("select id from whole", "4 rows of 1 column"),
        ("select id, score from whole where id = 1", "1 row of 2 columns"),
        ("select id from whole where id = 9", "0 rows of 1 column"),
        ("select max(score) from whole where id = 3", "null"),
        ("select a.id from whole a, whole b, whole c, whole d, whole e", "at least 1,000 rows"),
        ("select 'many'", "a str"),
        ("select max(id) > 1 from whole", "True"),
        ("select cast('NaN' as double)", "nan"),
    ],
)
def test_what_is_no_number_is_an_error_that_says_what_came(
    table: Path, query: str, came: str
) -> None:
    found = verdict(table, due("sql", query=query, comparison=">", fail=0))
    assert found.status is Status.ERROR
    assert f"the statement returned {came}" in found.reason
    assert found.mend


def test_a_statement_that_fails_is_an_error(table: Path) -> None:
    found = verdict(
        table, due("sql", query="select max(id) / 0 from whole", comparison=">", fail=0)
    )
    assert (found.status, "Division by zero" in found.reason) == (Status.ERROR, True)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"comparison": ">"}, "there is no limit"),
        ({"comparison": ">", "fail": [1, 2]}, "one number"),
        ({"comparison": "between", "fail": 1}, "does not fit"),
        ({"comparison": "near", "fail": 1}, "Input should be"),
        ({"comparison": ">", "fail": 1, "samples": 3}, "write type: sql_rule"),
        ({"comparison": ">", "fail": 1, "query": "drop table x"}, "this must be a SELECT"),
    ],
)
def test_a_form_that_cannot_be_judged_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        declared("sql", **{"query": "select 1", **fields})
