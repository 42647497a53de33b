"""Expectations of which an aggregate is judged: SQL computes it, great-expectations judges it.

A NaN is a missing value here, as it is in pandas. Means, sums, medians and deviations of floating
numbers are rounded to 12 digits before they are judged: the last ones depend on the order in which
the rows were added up, and 0.1 + 0.2 is then at most 0.3.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from checks.core import Observed, Verdict
from checks.expectations import library
from checks.expectations.conditions import predicate
from checks.expectations.kinds import ColumnKind, kind_of
from checks.expectations.prepare import Prepared, prepare
from checks.expectations.problem import Unfit, safe
from checks.expectations.verdicts import of_value
from checks.rows.core import Aggregate, RowCheck
from monitors.lakes.rows.sql import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS = 12
# DuckDB raises where the variance of such values overflows, and the whole pass would be lost.
_LARGE = 1e150

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a metric of the library follows from aggregates: what it is called in sentences, its
    expressions over a column (as it is, and without NaN), and the value from their values.
    """

    metric: str
    words: str
    expressions: Callable[[str, str], dict[str, str]]
    value: Callable[[Values], Any]


def _counted(column: str, value: str) -> dict[str, str]:
    return {"rows": "COUNT(*)", "values": f"COUNT({value})"}


def _extreme(function: str) -> Callable[[str, str], dict[str, str]]:
    return lambda column, value: {**_counted(column, value), "found": f"{function}({value})"}


def _of_numbers(function: str) -> Callable[[str, str], dict[str, str]]:
    return lambda column, value: {
        **_counted(column, value),
        "found": f"{function}({value})",
    }


def _deviation(column: str, value: str) -> dict[str, str]:
    inner = f"CASE WHEN ABS({value}) < {_LARGE!r} THEN {value} END"
    return {
        **_counted(column, value),
        "found": f"STDDEV_SAMP({inner})",
        "largest": f"MAX(ABS({value}))",
    }


def _distinct(column: str, value: str) -> dict[str, str]:
    return {**_counted(column, value), "found": f"COUNT(DISTINCT {value})"}


def _found(values: Values) -> Any:
    return values["found"]


def _rounded(values: Values) -> float | None:
    found = values["found"]
    return None if found is None else round_off(float(found))


def _total(values: Values) -> float | int:
    found = values["found"]
    if found is None:
        return 0
    # The sum of whole numbers is one, which DuckDB gives as a decimal of 38 digits.
    return round_off(found) if isinstance(found, float) else int(found)


def _spread(values: Values) -> float | None:
    largest = values["largest"]
    if largest is not None and float(largest) == math.inf:
        return math.nan
    if largest is not None and float(largest) >= _LARGE:
        raise Unfit(f"the column holds values of {_LARGE:g} and more, whose deviation overflows")
    return _rounded(values)


def _share(values: Values) -> float:
    return values["values"] / values["rows"] if values["rows"] else 0


def _unique_share(values: Values) -> float:
    return values["found"] / values["values"] if values["values"] else 0


def round_off(value: float) -> float:
    """A number with 12 significant digits.

    >>> round_off(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else value


_ROWS = _Measure(
    "table.row_count",
    "the number of rows",
    lambda column, value: {"rows": "COUNT(*)"},
    lambda values: values["rows"],
)
MEASURES = {
    "expect_column_max_to_be_between": _Measure(
        "column.max", "the greatest {column}", _extreme("MAX"), _found
    ),
    "expect_column_mean_to_be_between": _Measure(
        "column.mean", "the mean of {column}", _of_numbers("AVG"), _rounded
    ),
    "expect_column_median_to_be_between": _Measure(
        "column.median", "the median of {column}", _of_numbers("MEDIAN"), _rounded
    ),
    "expect_column_min_to_be_between": _Measure(
        "column.min", "the least {column}", _extreme("MIN"), _found
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": _Measure(
        "column.non_null_proportion", "the share of rows with {column}", _counted, _share
    ),
    "expect_column_proportion_of_unique_values_to_be_between": _Measure(
        "column.unique_proportion",
        "the share of distinct values of {column}",
        _distinct,
        _unique_share,
    ),
    "expect_column_stdev_to_be_between": _Measure(
        "column.standard_deviation", "the standard deviation of {column}", _deviation, _spread
    ),
    "expect_column_sum_to_be_between": _Measure(
        "column.sum", "the sum of {column}", _of_numbers("SUM"), _total
    ),
    "expect_column_unique_value_count_to_be_between": _Measure(
        "column.distinct_values.count",
        "the number of distinct values of {column}",
        _distinct,
        _found,
    ),
    "expect_table_row_count_to_be_between": _Measure(
        "table.row_count",
        "the number of rows",
        lambda *_: {"rows": "COUNT(*)"},
        lambda v: v["rows"],
    ),
    "expect_table_row_count_to_equal": _Measure(
        "table.row_count",
        "the number of rows",
        lambda *_: {"rows": "COUNT(*)"},
        lambda v: v["rows"],
    ),
}
_AS_FLOAT = ("mean", "median", "stdev", "sum")


def aggregated(check: RowCheck, schema: "pa.Schema") -> Aggregate:
    """The aggregates of a check and its judge; for one that does not fit, a judge that says so."""
    try:
        prepared = prepare(check, schema)
        condition = predicate(
            prepared.arguments.get("row_condition"),
            prepared.arguments.get("condition_parser"),
            schema,
        )
        expressions = _expressions(prepared, schema)
    except Unfit as unfit:
        verdict = unfit.verdict()
        return Aggregate(check.check, {}, lambda values: verdict)
    kind = _kind(prepared, schema)
    return Aggregate(
        check.check, expressions, lambda values: judged(prepared, kind, values), condition
    )


def _kind(prepared: Prepared, schema: "pa.Schema") -> ColumnKind:
    name = prepared.arguments.get("column")
    return kind_of(schema.field(name).type) if name in schema.names else ColumnKind.OTHER


def _expressions(prepared: Prepared, schema: "pa.Schema") -> dict[str, str]:
    measure, kind = MEASURES[prepared.type], _kind(prepared, schema)
    column = quoted(str(prepared.arguments.get("column", "")))
    value = column
    if kind is ColumnKind.FLOAT:
        # A single-precision number counts as the double that it is.
        double = f"CAST({column} AS DOUBLE)"
        value = f"CASE WHEN NOT ISNAN({double}) THEN {double} END"
    elif any(word in prepared.type.split("_") for word in _AS_FLOAT):
        if kind is ColumnKind.BOOLEAN:
            value = f"CASE WHEN {column} THEN 1 WHEN NOT {column} THEN 0 END"
        elif kind is ColumnKind.DECIMAL:
            value = f"CAST({column} AS DOUBLE)"
    return measure.expressions(column, value)


def judged(prepared: Prepared, kind: ColumnKind, values: Values) -> Verdict:
    """The verdict of an aggregate from the values of its expressions."""
    measure = MEASURES[prepared.type]
    words = measure.words.format(column=prepared.written.get("column"))
    try:
        value = _comparable(measure.value(values), kind)
        passed = library.passes(prepared.expectation, {measure.metric: value})
    except Unfit as unfit:
        return unfit.verdict()
    except Exception as error:  # whatever the library raises while it compares
        told = safe(str(error), ())
        return Verdict.error(f"great-expectations could not judge {words}: {told}")
    return of_value(_exactly(prepared), words, observed(value), passed, values["rows"])


def _exactly(prepared: Prepared) -> Prepared:
    """A check whose one expected value is told as both its bounds."""
    if prepared.type != "expect_table_row_count_to_equal":
        return prepared
    value = prepared.written["value"]
    from dataclasses import replace

    return replace(prepared, written={"min_value": value, "max_value": value})


def _comparable(value: Any, kind: ColumnKind) -> Any:
    """Times as pandas has them, in the zone or without one like the bounds."""
    if not isinstance(value, datetime):
        return value
    import pandas as pd

    if kind is ColumnKind.TIMESTAMP:
        return pd.Timestamp(value if value.tzinfo else value.replace(tzinfo=UTC))
    return pd.Timestamp(value.replace(tzinfo=None))


def observed(value: Any) -> Observed:
    """A value as a verdict carries it: a number, text, a time, or None where it is unknown."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if hasattr(value, "item"):
        value = value.item()  # a scalar of numpy
    if isinstance(value, datetime):
        plain = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
        return plain.astimezone(UTC) if plain.tzinfo else plain.replace(tzinfo=UTC)
    if isinstance(value, date | str | bytes):
        return str(value)
    if isinstance(value, bool | int | float | Decimal):
        return float(value)
    return str(value)


def aggregates(checks: Sequence[RowCheck], schema: "pa.Schema") -> list[Aggregate]:
    """The aggregates of some checks of a table; those about its shape need none."""
    from checks.expectations.catalogue import evaluation
    from checks.expectations.shape import shape
    from checks.expectations.wording import SHAPE

    return [
        shape(check, schema) if evaluation(check.check.type) == SHAPE else aggregated(check, schema)
        for check in checks
    ]
