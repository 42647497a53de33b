"""What the checks that a table has are about, so that none of them is suggested again."""

from collections.abc import Iterable, Iterator
from typing import Any

from checks.expectations.form import ExpectationForm
from checks.rows import references, sql_rule, unique
from checks.threshold.form import ThresholdForm
from checks.volume.form import VolumeForm
from limnograph.settings.resolved import CheckSettings
from limnograph.suggesting.proposal import Meaning
from monitors.lakes.rows.sql import quoted

_OF_COLUMN = {
    "expect_column_values_to_not_be_null": "not_null",
    "expect_column_proportion_of_non_null_values_to_be_between": "not_null",
    "expect_column_values_to_be_between": "bounds",
    "expect_column_min_to_be_between": "bounds",
    "expect_column_max_to_be_between": "bounds",
    "expect_column_values_to_be_in_set": "values",
    "expect_column_distinct_values_to_be_in_set": "values",
    "expect_column_distinct_values_to_equal_set": "values",
    "expect_column_value_lengths_to_be_between": "length",
    "expect_column_value_lengths_to_equal": "length",
    "expect_column_values_to_match_regex": "format",
    "expect_column_values_to_match_regex_list": "format",
    "expect_column_values_to_match_strftime_format": "format",
    "expect_column_values_to_be_dateutil_parseable": "format",
    "expect_column_values_to_be_json_parseable": "json",
    "expect_column_values_to_match_json_schema": "json",
    "expect_column_values_to_be_unique": "unique",
}
_SCHEMA = (
    "expect_table_columns_to_match_set",
    "expect_table_columns_to_match_ordered_list",
)


def meanings(checks: Iterable[CheckSettings], columns: Iterable[str]) -> frozenset[Meaning]:
    """What some checks are about; the names of columns are as the table spells them."""
    spelled = {name.casefold(): name for name in columns}
    return frozenset(
        tuple(spelled.get(part.casefold(), part) if at else part for at, part in enumerate(one))
        for check in checks
        for one in _of(check)
    )


def _of(check: CheckSettings) -> Iterator[Meaning]:
    form: Any = check.form
    match form:
        case ExpectationForm():
            yield from _of_expectation(check.type, form)
        case unique.Form():
            yield ("unique", *sorted(form.columns))
        case references.Form():
            yield ("references", *form.columns, form.table)
        case sql_rule.Form():
            yield ("rule", _plain(form.bad_rows or ""))
        case VolumeForm():
            yield ("volume", form.grain)
        case ThresholdForm():
            yield ("threshold", form.metric)
        case _:
            yield (check.kind,)


def _of_expectation(type: str, form: ExpectationForm) -> Iterator[Meaning]:
    given = form.arguments
    column = given.get("column")
    if type in _SCHEMA:
        yield ("schema",)
    elif type == "expect_compound_columns_to_be_unique":
        yield ("unique", *sorted(map(str, given.get("column_list") or ())))
    elif type == "expect_column_pair_values_a_to_be_greater_than_b":
        yield ("ordered", str(given.get("column_B")), str(given.get("column_A")))
    elif type in _OF_COLUMN and isinstance(column, str):
        yield (_OF_COLUMN[type], column)


def says(meaning: Meaning, bad_rows: object, known: frozenset[Meaning]) -> bool:
    """Whether a check of that meaning is there: as such, or as the same rule in SQL."""
    if meaning in known:
        return True
    if isinstance(bad_rows, str) and ("rule", _plain(bad_rows)) in known:
        return True
    if meaning[0] == "not_null":
        return ("rule", _plain(f"{quoted(meaning[1])} is null")) in known
    if meaning[0] == "ordered":
        return ("rule", _plain(f"{quoted(meaning[1])} > {quoted(meaning[2])}")) in known
    return False


def _plain(condition: str) -> str:
    """A condition without what does not change it."""
    return " ".join(condition.replace("`", "").split()).casefold()
