"""`row_condition` in SQL against pandas over the same rows."""

from contextlib import closing

import pyarrow as pa
import pytest

from checks.core import Status
from checks.expectations import evaluate
from checks.expectations.conditions import Condition, columns_of, predicate, translatable
from checks.expectations.frames import frame
from monitors.lakes.rows.engine import Engine
from monitors.lakes.rows.sql import translated
from tests.checks.expectations.cases import check, verdict

_ROWS = pa.table(
    {
        "place": pa.array(range(6), pa.int64()),
        "n": pa.array([1, 2, None, 4, 5, 2**60], pa.int64()),
        "f": [0.5, float("nan"), None, -1.0, 2.5, float("inf")],
        "s": ["a", "it's", None, "b\\n", 'say "x"', ""],
        "ok": [True, False, None, True, False, None],
        "a b": [1.5, None, 2.5, 3.5, 4.5, 5.5],
    }
)
_TOLD = [
    "n > 2",
    "n >= 2 and f < 1",
    "n != 2",
    "not n > 2",
    "~(n > 2) | s == 'a'",
    "not (n > 2) & (f < 1)",
    "n in [1, 4, 9]",
    "n not in [1, 4]",
    "n in []",
    's == "it\'s"',
    "s != 'say \"x\"'",
    "s in ['a', '', 'b\\\\n']",
    "f > -1.5",
    "f != 0.5",
    "f.isnull()",
    "f.notnull() and n.isna()",
    "ok == True",
    "ok != True",
    "`a b` >= 2.5",
    "n == 1152921504606846976",
    "n == 1 or n == 2 and f.isnull()",
]


@pytest.mark.parametrize("text", _TOLD)
def test_a_condition_means_in_sql_what_it_means_in_pandas(text: str) -> None:
    kept = frame(_ROWS, _ROWS.column_names).query(text)["place"].tolist()
    assert translatable(text)
    assert _places(text) == kept


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        (
            {"type": "comparison", "column": {"name": "n"}, "operator": ">", "parameter": 2},
            [3, 4, 5],
        ),
        (
            {"type": "comparison", "column": {"name": "n"}, "operator": "NOT_IN", "parameter": [1]},
            [1, 2, 3, 4, 5],
        ),
        ({"type": "nullity", "column": {"name": "f"}, "is_null": True}, [1, 2]),
        (
            {
                "type": "and",
                "conditions": [
                    {"type": "nullity", "column": {"name": "f"}, "is_null": False},
                    {"type": "pass_through", "pass_through_filter": "n < 5"},
                ],
            },
            [0, 3],
        ),
    ],
)
def test_a_condition_as_a_mapping_is_told_too(condition: Condition, places: list[int]) -> None:
    assert _places(condition) == places


def test_a_condition_of_the_library_s_own_language_is_told_too() -> None:
    assert _places('col("n") <= 2', "great_expectations") == [0, 1]
    assert _places('col("f").notnull()', "great_expectations") == [0, 3, 4, 5]


@pytest.mark.parametrize(
    "text",
    ["n > m", "1 < n < 5", "n + 1 > 2", "s.str.len() > 1", "ok", "n >", "len(s) > 1", "n > ("],
)
def test_what_cannot_be_told_to_sql_needs_all_rows_at_once(text: str) -> None:
    assert not translatable(text)
    arguments = {"column": "n", "min_value": 1, "row_condition": text}
    asked = check("expect_column_max_to_be_between", arguments)
    assert evaluate.classified([asked]) == ([], [], [asked])


@pytest.mark.slow
def test_an_aggregate_with_such_a_condition_is_judged_over_all_rows() -> None:
    rows = pa.table({"n": [1, 2, 3], "m": [0, 5, 1]})
    arguments = {"column": "n", "max_value": 2, "row_condition": "n < m"}
    found = verdict(check("expect_column_max_to_be_between", arguments), rows)
    assert (found.status, found.observed) == (Status.PASS, 2.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s > 3", "compares 's', of the kind text, with a number"),
        ("n == '1'", "compares 'n', of the kind integer, with text"),
        ("nn > 3", "no column 'nn'"),
    ],
)
def test_a_condition_that_does_not_fit_the_table_is_an_error(text: str, words: str) -> None:
    arguments = {"column": "n", "min_value": 1, "row_condition": text}
    found = verdict(check("expect_column_max_to_be_between", arguments), _ROWS)
    assert found.status is Status.ERROR
    assert words in found.reason


def test_the_columns_of_a_condition_are_read_as_well() -> None:
    assert columns_of("`a b` > 1 and n in [2]", _ROWS.schema) == ["n", "a b"]
    arguments = {"column": "s", "row_condition": "n > 1"}
    asked = check("expect_column_values_to_not_be_null", arguments)
    assert evaluate.columns(asked, _ROWS.schema) == ("s", "n")


def _places(condition: Condition, parser: str | None = None) -> list[int]:
    text = predicate(condition, parser, _ROWS.schema)
    with closing(Engine()) as engine:
        engine.create("whole", _ROWS.schema)
        for batch in _ROWS.to_batches():
            engine.insert("whole", batch)
        found = engine.query(translated(f"SELECT place FROM whole WHERE {text} ORDER BY place"))
    return [row["place"] for row in found.to_pylist()]
