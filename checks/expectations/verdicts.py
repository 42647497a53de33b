"""The sentences of an expectation's verdict."""

from collections.abc import Mapping
from typing import Any

from checks.core import Observed, Verdict
from checks.core import Status as S
from checks.expectations.looks import look
from checks.expectations.prepare import Prepared

_PHRASES = {
    "expect_column_pair_values_a_to_be_greater_than_b": "are not greater in {A} than in {B}",
    "expect_column_pair_values_to_be_equal": "differ in {A} and {B}",
    "expect_column_pair_values_to_be_in_set": "are not among the pairs in {A} and {B}",
    "expect_column_value_lengths_to_be_between": "have a length {outside} in {column}",
    "expect_column_value_lengths_to_equal": "do not have the length {value} in {column}",
    "expect_column_value_z_scores_to_be_less_than": "are {threshold} or more deviations away in "
    "{column}",
    "expect_column_values_to_be_between": "are {outside} in {column}",
    "expect_column_values_to_be_dateutil_parseable": "are no dates in {column}",
    "expect_column_values_to_be_decreasing": "are greater than the one before in {column}",
    "expect_column_values_to_be_in_set": "are not in the set in {column}",
    "expect_column_values_to_be_increasing": "are less than the one before in {column}",
    "expect_column_values_to_be_json_parseable": "are no JSON in {column}",
    "expect_column_values_to_be_null": "are not null in {column}",
    "expect_column_values_to_be_unique": "occur more than once in {column}",
    "expect_column_values_to_match_json_schema": "do not match the JSON schema in {column}",
    "expect_column_values_to_match_regex": "do not match the expression in {column}",
    "expect_column_values_to_match_regex_list": "do not match the expressions in {column}",
    "expect_column_values_to_match_strftime_format": "do not have the format in {column}",
    "expect_column_values_to_not_be_in_set": "are in the set in {column}",
    "expect_column_values_to_not_be_null": "are null in {column}",
    "expect_column_values_to_not_be_outliers": "are outliers in {column}",
    "expect_column_values_to_not_match_regex": "match the expression in {column}",
    "expect_column_values_to_not_match_regex_list": "match an expression in {column}",
    "expect_compound_columns_to_be_unique": "occur more than once in {columns}",
    "expect_multicolumn_sum_to_equal": "do not add up to {total} in {columns}",
    "expect_multicolumn_values_to_be_equal": "differ in {columns}",
    "expect_select_column_values_to_be_unique_within_record": "are equal in some of {columns}",
}


def of_counts(prepared: Prepared, rows: int, bad: int, passed: bool) -> Verdict:
    """The verdict of an expectation that counts unexpected rows among those it judges."""
    words = _PHRASES[prepared.type].format(**_named(prepared.written))
    allowed = percent(1 - prepared.mostly)
    ratio = bad / rows if rows else None
    share = f" ({percent(ratio)})" if ratio is not None else ""
    reason = f"{bad:,} of {rows:,} rows{share} {words}; at most {allowed} may be"
    return _settled(
        prepared,
        Verdict(
            S.PASS if passed else S.FAIL,
            reason,
            observed=ratio,
            expected=f"at most {allowed} of rows {words}",
            upper=1 - prepared.mostly if prepared.learned else None,
            look="" if passed else look(prepared),
            rows=rows,
            bad=bad,
        ),
    )


def of_value(
    prepared: Prepared, what: str, observed: Observed, passed: bool, rows: int | None = None
) -> Verdict:
    """The verdict of an expectation of which a value lies in a range."""
    expected = f"{what} {span(prepared.written)}"
    if observed is None:
        reason = f"{what} is unknown: there are no values"
    else:
        reason = f"{what} is {shown(observed)}; expected {span(prepared.written)}"
    return _settled(
        prepared,
        Verdict(
            S.PASS if passed else S.FAIL,
            reason,
            observed=observed,
            expected=expected,
            lower=_number(prepared.written.get("min_value")),
            upper=_number(prepared.written.get("max_value")),
            rows=rows,
        ),
    )


def of_fact(
    prepared: Prepared,
    reason: str,
    expected: str,
    passed: bool,
    observed: Observed = None,
    **more: Any,
) -> Verdict:
    """Any other verdict."""
    status = S.PASS if passed else S.FAIL
    return _settled(prepared, Verdict(status, reason, observed=observed, expected=expected, **more))


def _settled(prepared: Prepared, verdict: Verdict) -> Verdict:
    """While bounds are being learned nothing is judged, but what was observed is kept."""
    if prepared.learned:
        return verdict
    return Verdict.not_assessed(
        f"learning: {verdict.reason.partition(';')[0]}, and its bounds are not known yet",
        "nothing is to be done; it is judged when enough has been observed",
        observed=verdict.observed,
        rows=verdict.rows,
        bad=verdict.bad,
    )


def percent(ratio: float) -> str:
    """A share in percent, with as many digits as say something.

    >>> percent(0.0025), percent(0.0), percent(1 / 3)
    ('0.25 %', '0 %', '33.3 %')
    """
    return f"{float(f'{ratio * 100:.3g}'):.10g} %"


def shown(value: object) -> str:
    """A number with separators, anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return (
        f"{value:,}" if isinstance(value, int) else f"{float(f'{value:.6g}'):,}".removesuffix(".0")
    )


def span(arguments: Mapping[str, Any]) -> str:
    """The bounds of some arguments in words."""
    least, most = arguments.get("min_value"), arguments.get("max_value")
    above = "more than" if arguments.get("strict_min") else "at least"
    below = "less than" if arguments.get("strict_max") else "at most"
    if least is not None and least == most:
        return shown(least)
    parts = []
    if least is not None:
        parts.append(f"{above} {shown(least)}")
    if most is not None:
        parts.append(f"{below} {shown(most)}")
    return " and ".join(parts) or "to be learned"


def _named(arguments: Mapping[str, Any]) -> dict[str, str]:
    least, most = arguments.get("min_value"), arguments.get("max_value")
    return {
        "column": str(arguments.get("column", "")),
        "columns": ", ".join(arguments.get("column_list") or ()),
        "A": str(arguments.get("column_A", "")),
        "B": str(arguments.get("column_B", "")),
        "outside": f"not {span(arguments)}"
        if least is None or most is None
        else f"outside {shown(least)} to {shown(most)}",
        "value": shown(arguments.get("value")),
        "total": shown(arguments.get("sum_total")),
        "threshold": shown(arguments.get("threshold")),
    }


def _number(bound: object) -> float | None:
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return None
    return float(bound)
