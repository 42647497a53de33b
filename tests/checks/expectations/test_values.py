"""Every kind of column is judged rightly, or the check is an error; never silently wrong."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from checks.core import Status
from tests.checks.expectations.cases import check, verdict

pytestmark = pytest.mark.slow

_UTC, _NTZ = pa.timestamp("us", "UTC"), pa.timestamp("us")
_NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)
_ROWS = pa.table(
    {
        "price": pa.array([Decimal("0.10"), Decimal("0.30"), None], pa.decimal128(5, 2)),
        "at": pa.array([_NOON, None, datetime(2024, 1, 1, tzinfo=UTC)], _UTC),
        "local": pa.array([datetime(2024, 1, 2), None, datetime(9999, 1, 1)], _NTZ),
        "day": pa.array([date(2024, 1, 1), None, date(2024, 1, 3)], pa.date32()),
        "key": pa.array([2**60 + 1, 2**60, None], pa.int64()),
        "count": pa.array([1, None, 12], pa.int32()),
        "body": pa.array([b"abc", None, b"d"], pa.binary()),
        "tags": pa.array([["a"], None, []], pa.list_(pa.string())),
        "single": pa.array([0.1, float("nan"), None], pa.float32()),
        "text": ["a", None, "b"],
    }
)
_V, _C = "expect_column_values_to_", "expect_column_"

_RIGHT = [
    (f"{_V}be_between", {"column": "price", "min_value": 0.1, "max_value": 0.3}, "pass"),
    (f"{_V}be_between", {"column": "price", "min_value": 0.1, "strict_min": True}, "fail"),
    (f"{_V}be_in_set", {"column": "price", "value_set": [0.1, 0.3]}, "pass"),
    (f"{_C}max_to_be_between", {"column": "price", "min_value": 0.3, "max_value": 0.3}, "pass"),
    (f"{_C}median_to_be_between", {"column": "price", "min_value": 0.2, "max_value": 0.2}, "pass"),
    (f"{_C}sum_to_be_between", {"column": "price", "min_value": 0.4, "max_value": 0.4}, "pass"),
    (f"{_C}distinct_values_to_equal_set", {"column": "price", "value_set": [0.1, 0.3]}, "pass"),
    (f"{_V}not_be_outliers", {"column": "price"}, "pass"),
    (f"{_V}be_between", {"column": "at", "max_value": "2024-01-02T12:00:00Z"}, "pass"),
    (f"{_V}be_between", {"column": "at", "max_value": "2024-01-02T13:00:00+02:00"}, "fail"),
    (f"{_V}be_between", {"column": "at", "max_value": "2024-01-02T12:00:00"}, "pass"),
    (f"{_V}be_in_set", {"column": "at", "value_set": ["2024-01-01", "2024-01-02T12:00"]}, "pass"),
    (f"{_C}max_to_be_between", {"column": "at", "max_value": "2024-01-02T11:59:59Z"}, "fail"),
    (f"{_C}distinct_values_to_contain_set", {"column": "at", "value_set": ["2024-01-01"]}, "pass"),
    (f"{_V}be_between", {"column": "local", "min_value": "2024-01-02"}, "pass"),
    (f"{_C}max_to_be_between", {"column": "local", "min_value": "9999-01-01"}, "pass"),
    (f"{_V}be_between", {"column": "day", "min_value": "2024-01-02", "mostly": 0.5}, "pass"),
    (f"{_V}be_in_set", {"column": "day", "value_set": ["2024-01-01", "2024-01-03"]}, "pass"),
    (f"{_V}be_increasing", {"column": "day", "strictly": True}, "pass"),
    (f"{_C}min_to_be_between", {"column": "day", "min_value": "2024-01-01"}, "pass"),
    (f"{_V}be_between", {"column": "key", "min_value": 2**60 + 1}, "fail"),
    (f"{_V}be_in_set", {"column": "key", "value_set": [2**60 + 1, 2**60]}, "pass"),
    (f"{_V}be_in_set", {"column": "key", "value_set": [2**60]}, "fail"),
    (f"{_C}unique_value_count_to_be_between", {"column": "key", "min_value": 2}, "pass"),
    (f"{_C}value_lengths_to_be_between", {"column": "count", "max_value": 2}, "pass"),
    (f"{_C}value_lengths_to_equal", {"column": "count", "value": 1, "mostly": 0.5}, "pass"),
    (f"{_V}be_between", {"column": "single", "max_value": 0.1}, "fail"),
    (f"{_C}max_to_be_between", {"column": "single", "max_value": 0.1000001}, "pass"),
    (f"{_C}proportion_of_non_null_values_to_be_between",
     {"column": "single", "min_value": 0.34}, "fail"),
    (f"{_V}not_be_null", {"column": "tags", "mostly": 0.6}, "pass"),
    (f"{_V}be_unique", {"column": "body"}, "pass"),
    (f"{_C}values_to_be_of_type", {"column": "tags", "type_": "array<string>"}, "pass"),
    (f"{_C}values_to_be_of_type", {"column": "price", "type_": "DecimalType(5,2)"}, "pass"),
    (f"{_C}values_to_be_of_type", {"column": "price", "type_": "decimal(6,2)"}, "fail"),
    (f"{_C}values_to_be_of_type", {"column": "local", "type_": "datetime64[ns]"}, "pass"),
    (f"{_C}type_to_be", {"column": "count", "type_": "IntegerType"}, "pass"),
    (f"{_C}type_to_be", {"column": "text", "type_": "str"}, "pass"),
    (f"{_C}to_exist", {"column": "text", "column_index": 0}, "fail"),
    (f"{_C}pair_values_a_to_be_greater_than_b",
     {"column_A": "key", "column_B": "count", "ignore_row_if": "either_value_is_missing"}, "pass"),
    ("expect_multicolumn_values_to_be_equal", {"column_list": ["text", "text"]}, "pass"),
]  # fmt: skip

_ERRORS = [
    (f"{_V}match_regex", {"column": "body", "regex": "b"}, "which is binary"),
    (f"{_C}value_lengths_to_equal", {"column": "tags", "value": 1}, "which is array<string>"),
    (f"{_V}be_in_set", {"column": "tags", "value_set": ["a"]}, "which is array<string>"),
    (f"{_V}match_regex", {"column": "at", "regex": "2024"}, "which is timestamp"),
    (f"{_V}be_json_parseable", {"column": "count"}, "which is int"),
    (f"{_V}be_between", {"column": "text", "min_value": 1}, "min_value is a number"),
    (f"{_V}be_between", {"column": "count", "min_value": "2024-01-01"}, "min_value is a time"),
    (f"{_V}be_in_set", {"column": "day", "value_set": ["soon"]}, "no time"),
    (f"{_C}mean_to_be_between", {"column": "at", "min_value": "2024-01-01"}, "which is timestamp"),
    (f"{_C}stdev_to_be_between", {"column": "text", "min_value": 1}, "which is string"),
    (f"{_C}pair_values_to_be_equal", {"column_A": "text", "column_B": "count"}, "cannot compare"),
    (f"{_C}pair_values_to_be_equal", {"column_A": "price", "column_B": "single"}, "cannot compare"),
    (f"{_C}pair_values_to_be_equal", {"column_A": "at", "column_B": "local"}, "cannot compare"),
    (f"{_C}type_to_be", {"column": "text", "type_": "varchartype"}, "no known type"),
    (f"{_C}type_to_be", {"column": "key", "type_": "varchartype"}, "no known type"),
    (f"{_C}type_to_be", {"column": "texts", "type_": "string"}, "no column 'texts'"),
    (f"{_V}not_be_null", {"column": "texts"}, "no column 'texts'"),
    (f"{_C}max_to_be_between", {"column": "texts", "max_value": 1}, "no column 'texts'"),
    (f"{_V}be_unique", {"column": "texts"}, "no column 'texts'"),
    (f"{_V}not_be_null", {"column": "text", "row_condition": "texts > 1"}, "no column 'texts'"),
    (f"{_V}not_be_null", {"column": "text", "row_condition": "text >"}, "could not evaluate"),
]


@pytest.mark.parametrize(("type", "arguments", "status"), _RIGHT)
@pytest.mark.parametrize("cuts", [(), (1, 2)])
def test_it_is_judged_rightly_in_any_batches(
    type: str, arguments: dict[str, Any], status: str, cuts: tuple[int, ...]
) -> None:
    found = verdict(check(type, arguments), _ROWS, cuts)
    assert found.status == status, found.reason


@pytest.mark.parametrize(("type", "arguments", "words"), _ERRORS)
def test_what_cannot_be_judged_is_an_error_and_says_why(
    type: str, arguments: dict[str, Any], words: str
) -> None:
    found = verdict(check(type, arguments), _ROWS, ())
    assert found.status is Status.ERROR, found.reason
    assert words in found.reason


def test_the_case_of_a_column_does_not_matter() -> None:
    found = verdict(check(f"{_V}not_be_null", {"column": "TEXT", "mostly": 0.6}), _ROWS)
    assert found.status is Status.PASS
    assert found.reason == "1 of 3 rows (33.3 %) are null in text; at most 40 % may be"


def test_the_near_names_of_a_missing_column_are_told() -> None:
    assert verdict(check(f"{_V}not_be_null", {"column": "texts"}), _ROWS).mend == (
        "did you mean 'text'?"
    )


def test_infinite_and_huge_numbers_do_not_stop_a_deviation() -> None:
    asked = check(f"{_C}stdev_to_be_between", {"column": "f", "max_value": 10})
    infinite = verdict(asked, pa.table({"f": [1.0, float("inf")]}))
    huge = verdict(asked, pa.table({"f": [1e200, -1e200]}))
    assert (infinite.status, infinite.observed) == (Status.FAIL, None)
    assert huge.status is Status.ERROR
    assert "overflows" in huge.reason


def test_sums_of_whole_numbers_are_exact_beyond_64_bits() -> None:
    asked = check(f"{_C}sum_to_be_between", {"column": "n", "min_value": 2**63 + 2**62})
    rows = pa.table({"n": pa.array([2**62] * 3, pa.int64())})
    assert verdict(asked, rows).status is Status.PASS
