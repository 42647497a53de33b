"""The values of arguments as the values of their columns are, so that comparing them is exact.

YAML has text for times and binary numbers for decimals; great-expectations compares neither with
a column's own values, or compares them wrongly: 0.3 is not Decimal("0.3").
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from checks.expectations.kinds import TIMES, ColumnKind, kind_of
from checks.expectations.problem import Unfit

if TYPE_CHECKING:
    import pyarrow as pa

_BOUNDS = ("min_value", "max_value", "sum_total")
# These compare a number of things with their bounds, and no value of the column.
_COUNTED = ("lengths", "count", "proportion", "stdev", "quantile")
# The library computes these of decimals in floats.
_IN_FLOATS = (
    "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between",
    "expect_column_sum_to_be_between",
)


def converted(type: str, arguments: Mapping[str, Any], schema: "pa.Schema") -> dict[str, Any]:
    """The arguments with their values as those of the columns are; Unfit where one cannot be.

    Names of columns are those of the schema already.
    """
    found = dict(arguments)
    columns = arguments.get("column_list") or [arguments.get("column")]
    kinds = [kind_of(schema.field(name).type) for name in columns if name in schema.names]
    if kinds and not any(word in type for word in _COUNTED):
        kind = ColumnKind.DECIMAL if ColumnKind.DECIMAL in kinds else kinds[0]
        if kind is ColumnKind.DECIMAL and type in _IN_FLOATS:
            kind = ColumnKind.FLOAT
        for name in _BOUNDS:
            if found.get(name) is not None:
                found[name] = _bound(found[name], kind, name)
    if kinds and isinstance(found.get("value_set"), list):
        found["value_set"] = [_member(value, kinds[0]) for value in found["value_set"]]
    if isinstance(found.get("value_pairs_set"), list):
        pair = [kind_of(schema.field(found[name]).type) for name in ("column_A", "column_B")]
        found["value_pairs_set"] = [
            [_member(value, kind) for value, kind in zip(values, pair, strict=True)]
            for values in found["value_pairs_set"]
        ]
    return found


def _bound(value: Any, kind: ColumnKind, name: str) -> Any:
    """A bound, which must be comparable with the values."""
    if isinstance(value, str):
        if kind is ColumnKind.TEXT:
            return value
        if kind not in TIMES and kind is not ColumnKind.DATE:
            raise Unfit(f"{name} is a time, but the values are of the kind {kind}")
        return _time(value, kind, name)
    if kind in TIMES or kind in (ColumnKind.DATE, ColumnKind.TEXT):
        raise Unfit(f"{name} is a number, but the values are of the kind {kind}")
    return Decimal(str(value)) if kind is ColumnKind.DECIMAL else value


def _member(value: Any, kind: ColumnKind) -> Any:
    """A value of a set: one that is of another kind stays as it is, and equals no value."""
    if kind is ColumnKind.DECIMAL and isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, str) and (kind in TIMES or kind is ColumnKind.DATE):
        return _time(value, kind, "value_set")
    return value


def _time(text: str, kind: ColumnKind, name: str) -> date | datetime:
    """A time as the values of a column are: without a zone it is in UTC."""
    import pandas as pd

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(f"{name} is text that is no time, but the values are times") from None
    if kind is ColumnKind.DATE:
        return moment.date()
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    made: datetime = pd.Timestamp(
        aware if kind is ColumnKind.TIMESTAMP else aware.astimezone(UTC).replace(tzinfo=None)
    )
    return made
