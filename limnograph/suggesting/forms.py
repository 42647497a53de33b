"""The fields of suggested checks: as expectations, or where those cannot run, as our own kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from limnograph.suggesting.proposal import Number, slug, written
from monitors.lakes.rows.sql import quoted

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Forms:
    """Writes checks; `expectations` says whether great-expectations is there to judge them."""

    expectations: bool = True

    def not_null(self, column: str, severity: str, mostly: float | None = None) -> Fields:
        """Values are set, in a share of the rows."""
        some = {} if mostly is None else {"mostly": mostly}
        id = slug(column, "not-null" if mostly is None else "mostly-set")
        if self.expectations:
            type = "expect_column_values_to_not_be_null"
            return written(type, id, severity, column=column, **some)
        return written("sql_rule", id, severity, bad_rows=f"{quoted(column)} is null", **some)

    def between(self, column: str, word: str, low: Number | None, high: Number | None) -> Fields:
        """Numbers are within bounds."""
        ends = {"min_value": low, "max_value": high}
        given = {name: end for name, end in ends.items() if end is not None}
        id = slug(column, word)
        if self.expectations:
            type = "expect_column_values_to_be_between"
            return written(type, id, "warning", column=column, **given)
        return written("sql_rule", id, "warning", bad_rows=_outside(quoted(column), low, high))

    def lengths(self, column: str, low: int, high: int) -> Fields:
        """Texts are of a length."""
        id = slug(column, "length")
        if self.expectations:
            type = "expect_column_value_lengths_to_be_between"
            return written(type, id, "info", column=column, min_value=low, max_value=high)
        length = f"length({quoted(column)})"
        return written("sql_rule", id, "info", bad_rows=_outside(length, low, high))

    def in_set(self, column: str, values: Sequence[str]) -> Fields | None:
        """Texts are among some values; None where they cannot be written."""
        id = slug(column, "values")
        if self.expectations:
            type = "expect_column_values_to_be_in_set"
            return written(type, id, "warning", column=column, value_set=list(values))
        if any("'" in value or "\\" in value for value in values):
            return None
        listed = ", ".join(f"'{value}'" for value in values)
        return written("sql_rule", id, "warning", bad_rows=f"{quoted(column)} not in ({listed})")

    def matching(self, column: str, word: str, regex: str) -> Fields | None:
        """Texts match a pattern."""
        if not self.expectations:
            return None
        type = "expect_column_values_to_match_regex"
        return written(type, slug(column, word), "warning", column=column, regex=regex)

    def dated(self, column: str, form: str) -> Fields | None:
        """Texts are times in one form."""
        if not self.expectations:
            return None
        type = "expect_column_values_to_match_strftime_format"
        return written(type, slug(column, "format"), "warning", column=column, strftime_format=form)

    def json(self, column: str) -> Fields | None:
        """Texts are JSON."""
        if not self.expectations:
            return None
        type = "expect_column_values_to_be_json_parseable"
        return written(type, slug(column, "json"), "warning", column=column)


def rule(id: str, bad_rows: str) -> Fields:
    """No row meets a condition."""
    return written("sql_rule", id, "warning", bad_rows=bad_rows)


def _outside(what: str, low: Number | None, high: Number | None) -> str:
    parts = [f"{what} < {low}"] if low is not None else []
    parts += [f"{what} > {high}"] if high is not None else []
    return " or ".join(parts)
