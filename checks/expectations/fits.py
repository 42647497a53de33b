"""Which kinds of columns an expectation can judge rightly.

Where pandas would answer without raising, but about something else than the values (the text
`b'..'` of bytes, the length of a printed list), the check is an error.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from checks.expectations.kinds import (
    ANY,
    NUMBERS,
    ORDERED,
    PRINTED,
    TEXT,
    TIMES,
    ColumnKind,
    kind_of,
    type_name,
)
from checks.expectations.problem import Unfit

if TYPE_CHECKING:
    import pyarrow as pa

_DATED = frozenset((ColumnKind.DATE,))
_TRUTH = frozenset((ColumnKind.BOOLEAN,))
_DISTINCT = ORDERED | {ColumnKind.BINARY}

_KINDS: dict[str, frozenset[ColumnKind]] = {
    "expect_column_distinct_values_to_be_in_set": ORDERED,
    "expect_column_distinct_values_to_contain_set": ORDERED,
    "expect_column_distinct_values_to_equal_set": ORDERED,
    "expect_column_kl_divergence_to_be_less_than": ORDERED,
    "expect_column_max_to_be_between": ORDERED,
    "expect_column_mean_to_be_between": NUMBERS | _TRUTH,
    "expect_column_median_to_be_between": NUMBERS,
    "expect_column_min_to_be_between": ORDERED,
    "expect_column_most_common_value_to_be_in_set": ORDERED,
    "expect_column_pair_values_a_to_be_greater_than_b": ORDERED,
    "expect_column_pair_values_to_be_equal": _DISTINCT,
    "expect_column_pair_values_to_be_in_set": ORDERED,
    "expect_column_proportion_of_unique_values_to_be_between": _DISTINCT,
    "expect_column_quantile_values_to_be_between": NUMBERS,
    "expect_column_stdev_to_be_between": NUMBERS,
    "expect_column_sum_to_be_between": NUMBERS | _TRUTH,
    "expect_column_unique_value_count_to_be_between": _DISTINCT,
    "expect_column_value_lengths_to_be_between": PRINTED,
    "expect_column_value_lengths_to_equal": PRINTED,
    "expect_column_value_z_scores_to_be_less_than": NUMBERS,
    "expect_column_values_to_be_between": ORDERED,
    "expect_column_values_to_be_dateutil_parseable": TEXT,
    "expect_column_values_to_be_decreasing": NUMBERS | TIMES | _DATED,
    "expect_column_values_to_be_in_set": ORDERED,
    "expect_column_values_to_be_increasing": NUMBERS | TIMES | _DATED,
    "expect_column_values_to_be_json_parseable": TEXT,
    "expect_column_values_to_be_unique": _DISTINCT,
    "expect_column_values_to_match_json_schema": TEXT,
    "expect_column_values_to_match_regex": PRINTED,
    "expect_column_values_to_match_regex_list": PRINTED,
    "expect_column_values_to_match_strftime_format": TEXT,
    "expect_column_values_to_not_be_in_set": ORDERED,
    "expect_column_values_to_not_be_outliers": NUMBERS,
    "expect_column_values_to_not_match_regex": PRINTED,
    "expect_column_values_to_not_match_regex_list": PRINTED,
    "expect_compound_columns_to_be_unique": _DISTINCT,
    "expect_multicolumn_sum_to_equal": NUMBERS,
    "expect_multicolumn_values_to_be_equal": _DISTINCT,
    "expect_select_column_values_to_be_unique_within_record": _DISTINCT,
}
_COMPARED = (
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_multicolumn_sum_to_equal",
    "expect_multicolumn_values_to_be_equal",
    "expect_select_column_values_to_be_unique_within_record",
)
_MEND = "write the check as 'type: sql_rule', with a cast"


def check_kinds(type: str, arguments: Mapping[str, Any], schema: "pa.Schema") -> None:
    """Raise Unfit where the columns of an expectation are of kinds that it cannot judge."""
    names = column_names(arguments)
    allowed = _KINDS.get(type, ANY)
    kinds = {name: kind_of(schema.field(name).type) for name in names}
    for name, kind in kinds.items():
        if kind not in allowed:
            what = type_name(schema.field(name).type)
            raise Unfit(f"{type} cannot judge {name!r}, which is {what}", _MEND)
    if type in _COMPARED:
        _check_comparable(type, kinds)


def column_names(arguments: Mapping[str, Any]) -> list[str]:
    """The columns that the arguments name."""
    listed: Sequence[str] = arguments.get("column_list") or ()
    single = (arguments.get(name) for name in ("column", "column_A", "column_B"))
    return list(dict.fromkeys([*(name for name in single if name is not None), *listed]))


def _check_comparable(type: str, kinds: Mapping[str, ColumnKind]) -> None:
    """Values of different kinds are never equal in pandas, and decimals never equal floats that
    look the same."""
    families = {
        "number" if kind is ColumnKind.INTEGER else str(kind): name for name, kind in kinds.items()
    }
    binary = {"number", str(ColumnKind.FLOAT)}
    exact = {"number", str(ColumnKind.DECIMAL)}
    if len(families) > 1 and set(families) not in (binary, exact):
        told = " and ".join(f"{name!r} ({kind})" for kind, name in families.items())
        raise Unfit(f"{type} cannot compare {told}", _MEND)
