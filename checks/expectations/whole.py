"""Expectations that need all rows at once: great-expectations sees them in one frame."""

from typing import TYPE_CHECKING, Any

from checks.core import Verdict
from checks.expectations import library
from checks.expectations.aggregates import MEASURES, observed
from checks.expectations.frames import frame
from checks.expectations.prepare import Prepared, form_of, prepare
from checks.expectations.problem import Unfit
from checks.expectations.rowwise import failure
from checks.expectations.verdicts import of_counts, of_fact, of_value, shown
from checks.rows.core import RowCheck

if TYPE_CHECKING:
    import pyarrow as pa

_VERSION = "_commit_version"
_KL, _QUANTILES, _COMMON = (
    "expect_column_kl_divergence_to_be_less_than",
    "expect_column_quantile_values_to_be_between",
    "expect_column_most_common_value_to_be_in_set",
)
_DISTRIBUTED = (
    _KL,
    _QUANTILES,
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_not_be_outliers",
)
_ORDERED = ("expect_column_values_to_be_decreasing", "expect_column_values_to_be_increasing")
_MENDS = {
    "expect_column_values_to_be_unique": "write 'type: unique', which has no limit",
    "expect_compound_columns_to_be_unique": "write 'type: unique', which has no limit",
    _QUANTILES: "write 'type: sql_rule' with percentile_cont",
}


def whole_set(check: RowCheck, rows: "pa.Table", schema: "pa.Schema | None" = None) -> Verdict:
    """The verdict over all rows; a column `_commit_version` puts them into the order of commits.

    `schema` is the table's, where the rows have only the columns that are needed.
    """
    try:
        prepared = prepare(check, schema or rows.schema)
        if _VERSION in rows.column_names:
            rows = _in_order(rows)
        made = frame(
            rows,
            prepared.columns,
            floats=prepared.type in _DISTRIBUTED and not _categorical(prepared),
            dates_as_times=prepared.type in _ORDERED,
        )
    except Unfit as unfit:
        return unfit.verdict()
    engine = library.engine(made)
    try:
        metrics = library.dependencies(prepared.expectation, engine)
        values, reason = library.measured(engine, list(metrics.values()))
        if any(metric.id not in values for metric in metrics.values()):
            return failure(reason, schema or rows.schema)
        named = {name: values[metric.id] for name, metric in metrics.items()}
        return _judged(prepared, named, engine, rows.num_rows)
    except Exception as error:  # whatever the library raises while it plans or judges
        return failure(str(error), schema or rows.schema)


def too_large(check: RowCheck, rows: int) -> Verdict:
    """The verdict where more rows would have to be held than the check may hold."""
    most = form_of(check).max_rows
    other = _MENDS.get(check.check.type, "write it as 'type: sql_rule'")
    return Verdict.not_assessed(
        f"{check.check.type} needs all rows at once, and {rows:,} are more than its {most:,}",
        f"raise max_rows (about 100 bytes of memory for each value), or {other}",
        rows=rows,
    )


def _categorical(prepared: Prepared) -> bool:
    """Whether a distribution is one of values, which stay what they are."""
    return "values" in (prepared.arguments.get("partition_object") or {})


def _in_order(rows: "pa.Table") -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    # The sort of Arrow is stable only with the place as a second key.
    places = pa.array(range(rows.num_rows), pa.int64())
    keys = pa.table({"version": rows.column(_VERSION), "place": places})
    order = pc.sort_indices(keys, [("version", "ascending"), ("place", "ascending")])
    return rows.take(order)


def _judged(prepared: Prepared, metrics: dict[str, Any], engine: Any, rows: int) -> Verdict:
    expectation = prepared.expectation
    if prepared.type == _KL:
        return _divergence(prepared, metrics, rows)
    passed = library.passes(expectation, metrics, engine)
    if prepared.type == _QUANTILES:
        return _quantiles(prepared, metrics["column.quantile_values"], passed, rows)
    if prepared.type == _COMMON:
        return _common(prepared, metrics["column.most_common_value"], passed, rows)
    if prepared.type in MEASURES:
        measure = MEASURES[prepared.type]
        words = measure.words.format(column=prepared.written.get("column"))
        return of_value(prepared, words, observed(metrics[measure.metric]), passed, rows)
    bad = int(metrics[f"{expectation.map_metric}.unexpected_count"])
    judged = metrics.get(f"{expectation.map_metric}.filtered_row_count")
    if judged is None:
        judged = metrics["table.row_count"] - metrics["column_values.nonnull.unexpected_count"]
    return of_counts(prepared, int(judged), bad, passed)


def _divergence(prepared: Prepared, metrics: dict[str, Any], rows: int) -> Verdict:
    result = library.judged(prepared.expectation, metrics)
    value = result["result"]["observed_value"]
    threshold = prepared.written.get("threshold")
    column, divergence = prepared.written["column"], None if value is None else float(value)
    told = "infinite" if divergence is None else shown(divergence)
    limit = "to be learned" if threshold is None else shown(threshold)
    return of_fact(
        prepared,
        f"the divergence of {column} is {told}; expected at most {limit}",
        f"a divergence of {column} of at most {limit}",
        bool(result["success"]),
        observed=divergence,
        upper=None if threshold is None else float(threshold),
        rows=rows,
    )


def _quantiles(prepared: Prepared, values: Any, passed: bool, rows: int) -> Verdict:
    ranges = prepared.written["quantile_ranges"]
    column = prepared.written["column"]
    told = [
        f"{quantile:g} is {shown(float(value))} ({_range(bounds)})"
        for quantile, value, bounds in zip(
            ranges["quantiles"], values, ranges["value_ranges"], strict=True
        )
    ]
    return of_fact(
        prepared,
        f"of the quantiles of {column}, {', '.join(told)}",
        f"the quantiles of {column} within their ranges",
        passed,
        observed=observed(float(values[0])) if len(values) == 1 else None,
        rows=rows,
    )


def _range(bounds: Any) -> str:
    least, most = bounds
    parts = [f"at least {shown(least)}"] if least is not None else []
    parts += [f"at most {shown(most)}"] if most is not None else []
    return f"expected {' and '.join(parts) or 'any'}"


def _common(prepared: Prepared, values: Any, passed: bool, rows: int) -> Verdict:
    column = prepared.written["column"]
    allowed = set(prepared.arguments["value_set"])
    inside = len(allowed.intersection(values))
    reason = (
        f"{inside:,} of the {len(values):,} most common values of {column} are in the set"
        if len(values)
        else f"{column} has no values"
    )
    return of_fact(
        prepared, reason, f"the most common value of {column} in the set", passed, rows=rows
    )
