"""A number that a statement returns, held against limits as a threshold holds a metric."""

import math
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from checks.core import Check, Kind, Status, Verdict
from checks.forms import RowForm
from checks.limits import (
    BADLY,
    WELL,
    ComparisonField,
    LimitField,
    bounds,
    check_limits,
    limit_text,
    tightest,
)
from checks.limits import judged as judged_by
from checks.rows.sql_rule import Sql
from checks.rows.statements import demand
from checks.wording import number, plural
from monitors.lakes.rows.sql import check_statement


class Form(RowForm):
    """A statement that returns one number, and the limits beyond which that is bad."""

    type: Literal["sql"] = Field(default="sql", description="The kind of check.")
    query: Sql = Field(
        description="SELECT that returns one number; it may read new_rows, whole and other"
        " declared tables."
    )
    comparison: ComparisonField = Field(
        description="What is bad: a number above, at_least, below, at_most, equal or not_equal to"
        " the limit, or between or outside the two ends of a range; an end is within its range."
    )
    warn: LimitField = Field(default=None, description="Limit of a warning, or [low, high].")
    fail: LimitField = Field(default=None, description="Limit of a failure, or [low, high].")

    @field_validator("query")
    @classmethod
    def _is_a_query(cls, text: str) -> str:
        demand(check_statement(text), text)
        return text

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_limits(self)
        if self.quarantine is not None or self.samples:
            raise ValueError("a number has no rows to show or to keep; write type: sql_rule")
        return self


_MOST = 1000


def asking(form: Form) -> str:
    """The statement, kept from filling the memory where it returns rows instead of a number."""
    return f"select * from (\n{form.query}\n) limit {_MOST}"


def judged(check: Check, table: Any) -> Verdict:
    """The verdict on what the statement returned, an Arrow table."""
    if (table.num_rows, table.num_columns) != (1, 1):
        rows, columns = plural(table.num_rows, "row"), plural(table.num_columns, "column")
        least = "at least " if table.num_rows == _MOST else ""
        return Verdict.error(
            f"the statement returned {least}{rows} of {columns}, not one number",
            "make it return one row with one column",
        )
    value = table.column(0)[0].as_py()
    found = _number(value)
    if found is None:
        return Verdict.error(
            f"the statement returned {_told(value)}, not a number",
            "make it return a number; where null means one, say so with coalesce",
        )
    return _verdict(check, found)


def _verdict(check: Check, found: float) -> Verdict:
    limits = check.form
    assert isinstance(limits, Form)
    status, limit = judged_by(limits, found)
    words = (WELL if status is Status.PASS else BADLY)[limits.comparison]
    lower, upper = bounds(limits)
    return Verdict(
        status,
        f"the statement returned {number(found)}, {words.format(limit_text(limit))}",
        observed=found,
        expected=WELL[limits.comparison].format(limit_text(tightest(limits))),
        lower=lower,
        upper=upper,
    )


def _number(value: Any) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def _told(value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, float | bool) else f"a {type(value).__name__}"


KIND = Kind("sql", "A number that a statement returns, against limits.", Form)
