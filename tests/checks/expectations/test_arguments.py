from typing import Any

import pytest

from checks.expectations.catalogue import problems

_BETWEEN = "expect_column_values_to_be_between"
_PARAMETER = {"$PARAMETER": "learned_lower"}


def _of(type: str, **arguments: Any) -> list[Any]:
    return problems(type, arguments)


def test_sound_arguments_have_no_problems() -> None:
    assert _of(_BETWEEN, column="a", min_value=1, max_value=1, mostly=0.995) == []
    assert _of(_BETWEEN, column="a", min_value="2026-01-31T06:00:00Z") == []
    assert _of(_BETWEEN, column="a", min_value=0, mostly=_PARAMETER) == []
    assert _of("expect_column_max_to_be_between", column="a", max_value=_PARAMETER) == []


def test_an_unknown_argument_names_the_near_one() -> None:
    assert _of(_BETWEEN, colum="a", column="a", min_value=1) == [
        (("colum",), "unknown argument; did you mean 'column'?")
    ]


def test_a_missing_argument_is_reported_at_its_name() -> None:
    assert _of("expect_column_values_to_be_null") == [(("column",), "is missing; write text")]
    assert _of(_BETWEEN, column="a") == [
        (("min_value",), "is missing; write min_value, max_value or both")
    ]


def test_a_wrong_type_says_what_was_expected() -> None:
    assert _of(_BETWEEN, column=3, min_value=[]) == [
        (("column",), "expected text, got a number"),
        (("min_value",), "expected a number or text, got a list"),
    ]
    assert _of(_BETWEEN, column="a", min_value=0, mostly=1.5) == [
        (
            ("mostly",),
            "expected a number from 0 to 1 or {$PARAMETER: learned_lower}, got a number",
        )
    ]


def test_an_item_of_a_list_has_its_own_place() -> None:
    assert _of("expect_column_values_to_be_in_set", column="a", value_set=["a", ["b"]]) == [
        (("value_set", 1), "expected text or a number or true or false, got a list")
    ]


def test_a_parameter_that_no_check_learns_is_refused() -> None:
    found = _of("expect_column_max_to_be_between", column="a", max_value={"$PARAMETER": "mine"})
    assert [path for path, _ in found] == [("max_value",)]
    assert "learned_lower|learned_upper" in found[0][1]


def test_a_bound_of_single_rows_cannot_be_learned() -> None:
    assert [path for path, _ in _of(_BETWEEN, column="a", max_value=_PARAMETER)] == [("max_value",)]


@pytest.mark.parametrize(
    ("type", "arguments", "path", "words"),
    [
        (_BETWEEN, {"column": "a", "min_value": 2, "max_value": 1}, ("max_value",), "exchange"),
        (_BETWEEN, {"column": "a", "min_value": float("nan")}, ("min_value",), "finite"),
        (_BETWEEN, {"column": "a", "min_value": "soon"}, ("min_value",), "2026-01-31"),
        (
            _BETWEEN,
            {"column": "a", "min_value": 1, "row_condition": "@x > 1"},
            ("row_condition",),
            "leave out @",
        ),
        (
            "expect_column_values_to_match_regex",
            {"column": "a", "regex": "("},
            ("regex",),
            "regular expression",
        ),
        (
            "expect_column_values_to_match_regex_list",
            {"column": "a", "regex_list": ["a", "["]},
            ("regex_list", 1),
            "regular expression",
        ),
        (
            "expect_column_values_to_match_json_schema",
            {"column": "a", "json_schema": {"type": "nothing"}},
            ("json_schema",),
            "no JSON schema",
        ),
        (
            "expect_column_quantile_values_to_be_between",
            {"column": "a", "quantile_ranges": {"quantiles": [0.1, 0.2], "value_ranges": [[1, 2]]}},
            ("quantile_ranges", "value_ranges"),
            "1 ranges for 2 quantiles",
        ),
        (
            "expect_column_kl_divergence_to_be_less_than",
            {"column": "a", "threshold": 1, "partition_object": {"weights": [1]}},
            ("partition_object",),
            "either values or bins",
        ),
        (
            "expect_column_kl_divergence_to_be_less_than",
            {"column": "a", "threshold": 1, "partition_object": {"weights": [1], "bins": [0]}},
            ("partition_object", "bins"),
            "write at least 2",
        ),
        (
            "expect_column_kl_divergence_to_be_less_than",
            {"column": "a", "threshold": 1, "partition_object": {"weights": [0.5], "values": [0]}},
            ("partition_object", "weights"),
            "add up to 0.5",
        ),
        (
            "expect_multicolumn_sum_to_equal",
            {"column_list": ["a"], "sum_total": 1},
            ("column_list",),
            "at least 2",
        ),
    ],
)
def test_what_a_schema_cannot_say_is_checked_too(
    type: str, arguments: dict[str, Any], path: tuple[Any, ...], words: str
) -> None:
    found = problems(type, arguments)
    assert [place for place, _ in found] == [path]
    assert words in found[0][1]


def test_a_message_never_repeats_a_value() -> None:
    found = _of(_BETWEEN, column=["hunter2"], min_value={"hunter2": 1}, mostly="hunter2")
    assert len(found) == 3
    assert "hunter2" not in str(found)
