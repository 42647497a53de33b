"""Rows and, for every expectation that runs, arguments with which it passes and fails on them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date
from itertools import pairwise
from typing import Any

import pyarrow as pa

from checks.core import Check, Verdict
from checks.expectations import evaluate, library
from checks.expectations.form import ExpectationForm
from checks.rows.core import RowCheck
from monitors.core import Subject
from monitors.lakes.rows.engine import Engine
from monitors.lakes.rows.sql import translated

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4, 5, 6], pa.int64()),
        "n": pa.array([10, 20, 20, 30, 40, 50], pa.int64()),
        "f": [0.5, 1.5, None, 2.5, 1.5, 4.0],
        "s": ["a", "bb", None, "bb", "ccc", "a"],
        "day": ["2024-01-01", "2024-02-01", None, "never", "2024-03-01", "2024-04-01"],
        "doc": ['{"a": 1}', '{"a": 2}', None, '{"a": "x"}', "{", '{"a": 3}'],
        "ok": [True, True, False, True, None, True],
        "m": pa.array([10, 20, 21, 30, 41, 50], pa.int64()),
        "d": [date(2024, 1, day) for day in (1, 2, 3, 4, 5, 6)],
        "w": pa.array([5, 4, 4, 2, 1, 0], pa.int64()),
    }
)

Arguments = dict[str, Any]
_V = "expect_column_values_to_"
_C = "expect_column_"

CASES: dict[str, list[Arguments]] = {
    f"{_C}distinct_values_to_be_in_set": [
        {"column": "s", "value_set": ["a", "bb", "ccc", "d"]},
        {"column": "s", "value_set": ["a", "bb"]},
    ],
    f"{_C}distinct_values_to_contain_set": [
        {"column": "n", "value_set": [10, 50]},
        {"column": "n", "value_set": [10, 60]},
    ],
    f"{_C}distinct_values_to_equal_set": [
        {"column": "s", "value_set": ["a", "bb", "ccc"]},
        {"column": "s", "value_set": ["a", "bb"]},
        {"column": "s", "value_set": ["a", "bb", "ccc", "d"]},
    ],
    f"{_C}kl_divergence_to_be_less_than": [
        {
            "column": "s",
            "partition_object": {"values": ["a", "bb", "ccc"], "weights": [0.4, 0.4, 0.2]},
            "threshold": 0.01,
        },
        {
            "column": "n",
            "partition_object": {"bins": [0, 25, 60], "weights": [0.1, 0.9]},
            "threshold": 0.01,
        },
    ],
    f"{_C}max_to_be_between": [
        {"column": "n", "max_value": 50},
        {"column": "n", "max_value": 50, "strict_max": True},
        {"column": "f", "min_value": 4},
    ],
    f"{_C}mean_to_be_between": [
        {"column": "f", "min_value": 2, "max_value": 2},
        {"column": "f", "min_value": 2.1},
        {"column": "n", "max_value": 28},
    ],
    f"{_C}median_to_be_between": [
        {"column": "n", "min_value": 25, "max_value": 25},
        {"column": "f", "min_value": 1.6},
    ],
    f"{_C}min_to_be_between": [
        {"column": "f", "min_value": 0.5, "max_value": 0.5},
        {"column": "n", "min_value": 10, "strict_min": True},
    ],
    f"{_C}most_common_value_to_be_in_set": [
        {"column": "n", "value_set": [20]},
        {"column": "s", "value_set": ["a"]},
        {"column": "s", "value_set": ["a"], "ties_okay": True},
    ],
    f"{_C}pair_values_a_to_be_greater_than_b": [
        {"column_A": "n", "column_B": "id"},
        {"column_A": "n", "column_B": "m"},
        {"column_A": "n", "column_B": "m", "or_equal": True, "mostly": 0.6},
        {"column_A": "id", "column_B": "f", "ignore_row_if": "either_value_is_missing"},
        {"column_A": "id", "column_B": "f", "ignore_row_if": "neither"},
    ],
    f"{_C}pair_values_to_be_equal": [
        {"column_A": "n", "column_B": "n"},
        {"column_A": "n", "column_B": "m"},
        {"column_A": "s", "column_B": "s", "ignore_row_if": "neither"},
    ],
    f"{_C}pair_values_to_be_in_set": [
        {
            "column_A": "s",
            "column_B": "n",
            "value_pairs_set": [
                ["a", 10],
                ["bb", 20],
                [None, 20],
                ["bb", 30],
                ["ccc", 40],
                ["a", 50],
            ],
        },
        {"column_A": "s", "column_B": "n", "value_pairs_set": [["a", 10], ["bb", 20]]},
    ],
    f"{_C}proportion_of_non_null_values_to_be_between": [
        {"column": "f", "min_value": 0.8},
        {"column": "f", "min_value": 0.9},
    ],
    f"{_C}proportion_of_unique_values_to_be_between": [
        {"column": "f", "min_value": 0.8, "max_value": 0.8},
        {"column": "s", "min_value": 0.7},
    ],
    f"{_C}quantile_values_to_be_between": [
        {
            "column": "n",
            "quantile_ranges": {"quantiles": [0.1, 0.5], "value_ranges": [[10, 10], [20, None]]},
        },
        {"column": "f", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[2, 3]]}},
        {
            "column": "f",
            "quantile_ranges": {"quantiles": [0.3], "value_ranges": [[1.5, 1.6]]},
            "allow_relative_error": "linear",
        },
    ],
    f"{_C}stdev_to_be_between": [
        {"column": "n", "min_value": 14.7, "max_value": 14.8},
        {"column": "f", "max_value": 1.3},
    ],
    f"{_C}sum_to_be_between": [
        {"column": "f", "min_value": 10, "max_value": 10},
        {"column": "n", "max_value": 169},
    ],
    f"{_C}to_exist": [{"column": "s"}, {"column": "nope"}, {"column": "s", "column_index": 3}],
    f"{_C}type_to_be": [
        {"column": "n", "type_": "int64"},
        {"column": "n", "type_": "float64"},
    ],
    f"{_C}unique_value_count_to_be_between": [
        {"column": "s", "min_value": 3, "max_value": 3},
        {"column": "n", "max_value": 4},
    ],
    f"{_C}value_lengths_to_be_between": [
        {"column": "s", "min_value": 1, "max_value": 3},
        {"column": "s", "max_value": 2},
        {"column": "n", "min_value": 2},
        {"column": "s", "min_value": 1, "strict_min": True, "mostly": 0.6},
    ],
    f"{_C}value_lengths_to_equal": [
        {"column": "n", "value": 2},
        {"column": "s", "value": 2},
    ],
    f"{_C}value_z_scores_to_be_less_than": [
        {"column": "n", "threshold": 2, "double_sided": True},
        {"column": "n", "threshold": 1, "double_sided": True},
        {"column": "n", "threshold": 1, "double_sided": False, "mostly": 0.6},
    ],
    f"{_V}be_between": [
        {"column": "n", "min_value": 10, "max_value": 50},
        {"column": "n", "min_value": 10, "strict_min": True},
        {"column": "f", "max_value": 2.5, "mostly": 0.8},
        {"column": "f", "max_value": 2.5, "mostly": 0.81},
        {"column": "n", "min_value": 25, "row_condition": "id > 3 and s != 'ccc'"},
    ],
    f"{_V}be_dateutil_parseable": [
        {"column": "day", "mostly": 0.8},
        {"column": "day"},
    ],
    f"{_V}be_decreasing": [
        {"column": "w"},
        {"column": "w", "strictly": True},
        {"column": "n", "mostly": 0.3},
    ],
    f"{_V}be_in_set": [
        {"column": "s", "value_set": ["a", "bb", "ccc"]},
        {"column": "n", "value_set": [10, 20]},
        {"column": "ok", "value_set": [True]},
    ],
    f"{_V}be_in_type_list": [
        {"column": "n", "type_list": ["int64", "str"]},
        {"column": "f", "type_list": ["str"]},
        {"column": "s", "type_list": ["str"]},
    ],
    f"{_V}be_increasing": [
        {"column": "n"},
        {"column": "n", "strictly": True},
        {"column": "f", "mostly": 0.8},
    ],
    f"{_V}be_json_parseable": [
        {"column": "doc", "mostly": 0.8},
        {"column": "doc"},
    ],
    f"{_V}be_null": [
        {"column": "s", "mostly": 0.1},
        {"column": "s"},
    ],
    f"{_V}be_of_type": [
        {"column": "f", "type_": "float64"},
        {"column": "s", "type_": "str"},
        {"column": "s", "type_": "int"},
    ],
    f"{_V}be_unique": [
        {"column": "id"},
        {"column": "s"},
        {"column": "s", "mostly": 0.2},
    ],
    f"{_V}match_json_schema": [
        {"column": "doc", "json_schema": {"type": "object"}, "row_condition": "id < 5"},
        {
            "column": "doc",
            "json_schema": {"properties": {"a": {"type": "integer"}}},
            "row_condition": "id < 5",
        },
    ],
    f"{_V}match_regex": [
        {"column": "s", "regex": "^[abc]+$"},
        {"column": "s", "regex": "^a"},
        {"column": "n", "regex": "0$"},
    ],
    f"{_V}match_regex_list": [
        {"column": "s", "regex_list": ["a", "b", "c"]},
        {"column": "s", "regex_list": ["a", "^.$"], "match_on": "all", "mostly": 0.4},
        {"column": "s", "regex_list": ["a", "b"]},
    ],
    f"{_V}match_strftime_format": [
        {"column": "day", "strftime_format": "%Y-%m-%d", "mostly": 0.8},
        {"column": "day", "strftime_format": "%Y-%m-%d"},
    ],
    f"{_V}not_be_in_set": [
        {"column": "n", "value_set": [11]},
        {"column": "s", "value_set": ["bb"]},
    ],
    f"{_V}not_be_null": [
        {"column": "id"},
        {"column": "s"},
        {"column": "f", "mostly": 0.83},
        {"column": "f", "mostly": 0.84},
    ],
    f"{_V}not_be_outliers": [
        {"column": "n"},
        {"column": "f", "method": "std", "multiplier": 1},
        {"column": "f", "multiplier": 0.5},
    ],
    f"{_V}not_match_regex": [
        {"column": "s", "regex": "z"},
        {"column": "s", "regex": "b"},
    ],
    f"{_V}not_match_regex_list": [
        {"column": "s", "regex_list": ["z", "y"]},
        {"column": "s", "regex_list": ["z", "c"]},
    ],
    "expect_compound_columns_to_be_unique": [
        {"column_list": ["n", "id"]},
        {"column_list": ["s", "w"], "ignore_row_if": "never"},
        {"column_list": ["s", "ok"]},
    ],
    "expect_multicolumn_sum_to_equal": [
        {"column_list": ["id", "w"], "sum_total": 6, "mostly": 0.6},
        {"column_list": ["id", "w", "f"], "sum_total": 6},
    ],
    "expect_multicolumn_values_to_be_equal": [
        {"column_list": ["n", "m"], "mostly": 0.6},
        {"column_list": ["n", "m", "n"]},
    ],
    "expect_select_column_values_to_be_unique_within_record": [
        {"column_list": ["id", "n"]},
        {"column_list": ["n", "m"]},
        {"column_list": ["f", "f"], "ignore_row_if": "never"},
    ],
    "expect_table_column_count_to_be_between": [{"min_value": 10}, {"max_value": 9}],
    "expect_table_column_count_to_equal": [{"value": 10}, {"value": 9}],
    "expect_table_columns_to_match_ordered_list": [
        {"column_list": ["id", "n", "f", "s", "day", "doc", "ok", "m", "d", "w"]},
        {"column_list": ["n", "id", "f", "s", "day", "doc", "ok", "m", "d", "w"]},
    ],
    "expect_table_columns_to_match_set": [
        {"column_set": ["n", "id"], "exact_match": False},
        {"column_set": ["n", "id"]},
    ],
    "expect_table_row_count_to_be_between": [
        {"min_value": 6, "max_value": 6},
        {"min_value": 6, "strict_min": True},
        {"max_value": 2, "row_condition": "n >= 40"},
    ],
    "expect_table_row_count_to_equal": [{"value": 6}, {"value": 7}],
}


def check(
    type: str, arguments: Mapping[str, Any], parameters: Mapping[str, float | None] | None = None
) -> RowCheck:
    """An expectation of the table `main.bronze.posts`."""
    form = ExpectationForm(type=type, arguments=arguments)
    declared = Check(type, type, "expectation", form, Subject("table", "main.bronze.posts"))
    return RowCheck(declared, parameters or {})


def pieces(rows: pa.Table, cuts: Iterable[int]) -> list[pa.RecordBatch]:
    """Rows cut at some places."""
    places = sorted({0, rows.num_rows, *(cut for cut in cuts if 0 < cut < rows.num_rows)})
    parts = [rows.slice(start, end - start) for start, end in pairwise(places)]
    return [batch for part in parts for batch in part.combine_chunks().to_batches()]


def verdict(row_check: RowCheck, rows: pa.Table, cuts: Sequence[int] = (2, 3)) -> Verdict:
    """What the adapter says of some rows that come in batches."""
    row_wise, aggregable, whole = evaluate.classified([row_check])
    if row_wise:
        examiner = evaluate.RowWise(row_wise, rows.schema)
        for batch in pieces(rows, cuts):
            examiner.feed(batch)
        return examiner.findings()[0].verdict
    if aggregable:
        return computed(row_check, rows)
    return evaluate.whole_set(whole[0], rows)


def computed(row_check: RowCheck, rows: pa.Table) -> Verdict:
    """What an aggregate says, with DuckDB for the lake."""
    aggregate = evaluate.aggregates([row_check], rows.schema)[0]
    values: dict[str, Any] = {}
    if aggregate.expressions:
        told = ", ".join(f"{text} AS `{name}`" for name, text in aggregate.expressions.items())
        where = f" WHERE {aggregate.condition}" if aggregate.condition else ""
        with closing(Engine()) as engine:
            engine.create("whole", rows.schema)
            for batch in rows.to_batches():
                engine.insert("whole", batch)
            found = engine.query(translated(f"SELECT {told} FROM whole{where}"))
            values = found.to_pylist()[0]
    return aggregate.judge(values)


def plain(type: str, arguments: Mapping[str, Any], frame: Any) -> dict[str, Any]:
    """What great-expectations says of a whole frame: success, result, and whether it raised."""
    gx = library.loaded()
    with library.quiet():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("p")
        definition = source.add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
        batch = definition.get_batch(batch_parameters={"dataframe": frame})
        expectation = library.implementation(type)(**arguments)
        found = batch.validate(
            expectation, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0}
        )
    told = found.exception_info or {}
    raised = any(
        bool(info.get("raised_exception") if isinstance(info, dict) else info)
        for info in ([told] if "raised_exception" in told else told.values())
    )
    return {"success": bool(found.success), "result": dict(found.result), "raised": raised}
